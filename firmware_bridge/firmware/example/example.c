/*
 * A device on one page, in the manner of Arduino: setup() once, loop() for ever. It keeps every
 * rule of PROTOCOL.md; what a real board measures and switches is behind board.h.
 */
#include "../anpr_messages.h"
#include "board.h"

#include <string.h>

#define STATUS_US 1000000u
#define FULL 1000u

static anpr_reader reader;
static uint8_t wire[ANPR_MAX_WIRE];
static uint8_t payload[ANPR_MAX_PAYLOAD];
static uint16_t sequence;
static uint32_t boot_count;
static uint32_t triggers;
static bool greeted;

/* The last command and its answer: the same number again is answered again, not done again. */
static uint16_t last_command;
static uint8_t last_type;
static uint8_t last_reason;

static uint16_t illuminator, heater, fan;
static bool door_was_open;
static uint32_t status_at_us;
static bool watchdog_armed, reboot_pending;
static uint32_t watchdog_at_us, reboot_at_us;
static uint32_t watchdog_left_ms; /* counted here, for an hour is longer than the clock's turn */
static uint8_t reboot_target;

static void say(uint8_t type, uint8_t length)
{
    sequence = anpr_next_sequence(sequence);
    board_write(wire, anpr_encode(type, sequence, payload, length, wire));
}

static void say_hello(uint16_t answers)
{
    anpr_hello hello = {0};
    hello.answers = answers;
    hello.minor = ANPR_MINOR;
    hello.reset_cause = board_reset_cause();
    hello.boot_count = boot_count;
    hello.device_us = board_micros();
    hello.capabilities = ANPR_HAS_TRIGGER | ANPR_HAS_ILLUMINATOR | ANPR_HAS_STROBE_SYNC |
                         ANPR_HAS_HEATER | ANPR_HAS_FAN | ANPR_HAS_HOST_WATCHDOG |
                         ANPR_HAS_HOST_POWER;
    board_device_id(hello.device_id);
    memcpy(hello.firmware, "example 1.0.0", 13);
    say(ANPR_TYPE_hello, anpr_pack_hello(&hello, payload));
}

static void say_clock(uint16_t answers, uint32_t received_us)
{
    anpr_clock clock;
    clock.answers = answers;
    clock.boot_count = boot_count;
    clock.received_us = received_us;
    clock.sent_us = board_micros();
    say(ANPR_TYPE_clock, anpr_pack_clock(&clock, payload));
}

static void say_status(void)
{
    anpr_status status = {0};
    status.boot_count = boot_count;
    status.device_us = board_micros();
    status.temperature_cdegc = board_temperature_cdegc();
    status.humidity_permille = ANPR_UNKNOWN_U16; /* this board has no such sensors */
    status.supply_mv = board_supply_mv();
    status.illuminance_mlx = ANPR_UNKNOWN_U32;
    status.pitch_cdeg = ANPR_UNKNOWN_I16;
    status.roll_cdeg = ANPR_UNKNOWN_I16;
    status.contacts = board_door_open() ? ANPR_CONTACT_DOOR_OPEN : 0;
    status.contacts_known = ANPR_CONTACT_DOOR_OPEN;
    status.illuminator_permille = illuminator;
    status.heater_permille = heater;
    status.fan_permille = fan;
    status.watchdog_left_ms = watchdog_armed ? watchdog_left_ms : 0;
    status.packets_refused = anpr_reader_refused(&reader);
    say(ANPR_TYPE_status, anpr_pack_status(&status, payload));
}

static void say_trigger(uint32_t at_us)
{
    anpr_trigger trigger = {0};
    trigger.boot_count = boot_count;
    trigger.count = triggers;
    trigger.device_us = at_us;
    trigger.source = 4; /* an input */
    say(ANPR_TYPE_trigger, anpr_pack_trigger(&trigger, payload));
}

static void say_answer(void)
{
    if (last_reason == 0) {
        anpr_ack ack;
        ack.answers = last_command;
        say(ANPR_TYPE_ack, anpr_pack_ack(&ack, payload));
    } else {
        anpr_nack nack;
        nack.answers = last_command;
        nack.refused_type = last_type;
        nack.reason = last_reason;
        say(ANPR_TYPE_nack, anpr_pack_nack(&nack, payload));
    }
}

static bool is_level(uint16_t permille)
{
    return permille <= FULL || permille == ANPR_AUTOMATIC;
}

static uint8_t illuminate(const anpr_packet *packet)
{
    anpr_illuminator set;
    bool strobed;
    if (!anpr_unpack_illuminator(&set, packet->payload, packet->length)) {
        return ANPR_MALFORMED;
    }
    strobed = set.strobe != ANPR_STROBE_CONTINUOUS;
    if (set.level_permille > FULL || set.strobe > ANPR_STROBE_TRIGGER ||
        (strobed && (set.pulse_us < 1 || set.pulse_us > 10000u))) {
        return ANPR_OUT_OF_RANGE;
    }
    illuminator = set.level_permille;
    board_illuminate(set.level_permille, set.strobe, set.pulse_us, set.delay_us);
    return 0;
}

static uint8_t condition(const anpr_packet *packet)
{
    anpr_climate set;
    if (!anpr_unpack_climate(&set, packet->payload, packet->length)) {
        return ANPR_MALFORMED;
    }
    if (!is_level(set.heater_permille) || !is_level(set.fan_permille)) {
        return ANPR_OUT_OF_RANGE;
    }
    /* A thermostat would choose where it says "automatic"; this board has none, so: off. */
    heater = set.heater_permille == ANPR_AUTOMATIC ? 0 : set.heater_permille;
    fan = set.fan_permille == ANPR_AUTOMATIC ? 0 : set.fan_permille;
    board_heat(heater);
    board_blow(fan);
    return 0;
}

static uint8_t feed_watchdog(const anpr_packet *packet)
{
    anpr_watchdog fed;
    if (!anpr_unpack_watchdog(&fed, packet->payload, packet->length)) {
        return ANPR_MALFORMED;
    }
    if (fed.timeout_ms != 0 && (fed.timeout_ms < 1000u || fed.timeout_ms > 3600000u)) {
        return ANPR_OUT_OF_RANGE;
    }
    watchdog_armed = fed.timeout_ms != 0;
    watchdog_left_ms = fed.timeout_ms;
    watchdog_at_us = board_micros();
    return 0;
}

static uint8_t prepare_reboot(const anpr_packet *packet)
{
    anpr_reboot reboot;
    if (!anpr_unpack_reboot(&reboot, packet->payload, packet->length)) {
        return ANPR_MALFORMED;
    }
    if (reboot.target > ANPR_REBOOT_HOST || reboot.delay_ms < 50u || reboot.delay_ms > 60000u) {
        return ANPR_OUT_OF_RANGE;
    }
    reboot_pending = true;
    reboot_target = reboot.target;
    reboot_at_us = board_micros() + (uint32_t)reboot.delay_ms * 1000u;
    return 0;
}

/* Return 0 when it was done, else the reason of the refusal. */
static uint8_t carry_out(const anpr_packet *packet)
{
    if (!greeted) {
        return ANPR_NO_SESSION;
    }
    switch (packet->type) {
    case ANPR_TYPE_illuminator:
        return illuminate(packet);
    case ANPR_TYPE_climate:
        return condition(packet);
    case ANPR_TYPE_watchdog:
        return feed_watchdog(packet);
    case ANPR_TYPE_reboot:
        return prepare_reboot(packet);
    default:
        return ANPR_UNKNOWN_TYPE;
    }
}

static void answer_command(const anpr_packet *packet)
{
    if (last_command == 0 || packet->sequence != last_command) {
        last_reason = carry_out(packet);
        last_type = packet->type;
        last_command = packet->sequence;
    }
    say_answer();
}

static void answer(const anpr_packet *packet, uint32_t received_us)
{
    if (packet->type == ANPR_TYPE_hello_request) { /* in whatever version it comes */
        greeted = true;
        last_command = 0;
        status_at_us = received_us - STATUS_US;
        say_hello(packet->sequence);
    } else if (packet->version != ANPR_VERSION) {
        return;
    } else if (packet->type == ANPR_TYPE_clock_request) {
        say_clock(packet->sequence, received_us);
    } else if (packet->type >= ANPR_FIRST_COMMAND && packet->type <= ANPR_LAST_COMMAND) {
        answer_command(packet);
    }
}

/* Count the watchdog down in whole milliseconds; moments are compared by difference: they wrap. */
static void watch_host(void)
{
    uint32_t passed_ms = (board_micros() - watchdog_at_us) / 1000u;
    watchdog_at_us += passed_ms * 1000u;
    if (!watchdog_armed) {
        return;
    }
    if (passed_ms < watchdog_left_ms) {
        watchdog_left_ms -= passed_ms;
        return;
    }
    watchdog_armed = false;
    board_cycle_host_power();
}

static void reboot_when_due(void)
{
    if (reboot_pending && (int32_t)(board_micros() - reboot_at_us) >= 0) {
        reboot_pending = false;
        if (reboot_target == ANPR_REBOOT_DEVICE) {
            board_restart();
        } else {
            board_cycle_host_power();
        }
    }
}

static void report(void)
{
    uint32_t at_us;
    while (board_take_trigger(&at_us)) {
        triggers++; /* counted even where nobody listens */
        if (greeted) {
            say_trigger(at_us);
        }
    }
    if (greeted && (board_door_open() != door_was_open ||
                    board_micros() - status_at_us >= STATUS_US)) {
        door_was_open = board_door_open();
        status_at_us = board_micros();
        say_status();
    }
}

void setup(void)
{
    anpr_reader_init(&reader);
    boot_count = board_boot_count();
    say_hello(0);
}

void loop(void)
{
    anpr_packet packet;
    int byte;
    while ((byte = board_read()) >= 0) {
        if (anpr_reader_push(&reader, (uint8_t)byte, &packet)) {
            answer(&packet, board_micros());
        }
    }
    report();
    watch_host();
    reboot_when_due();
}
