/*
 * A board made of a process, for tests: the line is standard input and output, SIGUSR1 a trigger,
 * the first argument the boot count. A restart runs the program again; a host whose power is
 * cycled is told on standard error.
 */
#include "../example/board.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char **arguments;
static volatile sig_atomic_t triggers_seen; /* counted there, taken here: none is lost between */
static sig_atomic_t triggers_taken;

static void on_trigger(int number)
{
    (void)number;
    triggers_seen++;
}

uint32_t board_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

int board_read(void)
{
    unsigned char byte;
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        exit(0);
    }
    return got == 1 ? byte : -1;
}

void board_write(const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno != EAGAIN && errno != EINTR) {
            exit(0);
        }
    }
}

uint32_t board_boot_count(void)
{
    return (uint32_t)strtoul(arguments[1], NULL, 10);
}

uint8_t board_reset_cause(void)
{
    return board_boot_count() == 1 ? 1 : 4;
}

void board_device_id(uint8_t id[16])
{
    memcpy(id, "example-device-1", 16);
}

bool board_take_trigger(uint32_t *at_us)
{
    if (triggers_taken == triggers_seen) {
        return false;
    }
    triggers_taken++;
    *at_us = board_micros();
    return true;
}

int16_t board_temperature_cdegc(void)
{
    return -1250;
}

uint16_t board_supply_mv(void)
{
    return 12100;
}

bool board_door_open(void)
{
    return false;
}

void board_illuminate(uint16_t level_permille, uint8_t strobe, uint16_t pulse_us, uint16_t delay_us)
{
    (void)level_permille;
    (void)strobe;
    (void)pulse_us;
    (void)delay_us;
}

void board_heat(uint16_t permille)
{
    (void)permille;
}

void board_blow(uint16_t permille)
{
    (void)permille;
}

void board_cycle_host_power(void)
{
    fprintf(stderr, "host power cycled\n");
}

void board_restart(void)
{
    static char count[16];
    char *again[3] = {arguments[0], count, NULL};
    sprintf(count, "%lu", (unsigned long)board_boot_count() + 1);
    execv(arguments[0], again);
    exit(1);
}

int main(int argc, char **argv)
{
    struct pollfd line = {STDIN_FILENO, POLLIN, 0};
    struct sigaction action;
    if (argc != 2) {
        return 2;
    }
    arguments = argv;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_trigger;
    sigaction(SIGUSR1, &action, NULL);
    setup();
    for (;;) {
        loop();
        poll(&line, 1, 2);
    }
}
