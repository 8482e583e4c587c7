/* Runs ../../vectors.txt (PROTOCOL.md, section 8) against the codec; exit status 1 at a mismatch. */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096

static char line[4 * MOST];
static uint8_t first[MOST];
static uint8_t second[MOST];
static int faults;
static int checked;

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t length = 0;
    unsigned byte;
    if (strcmp(hex, "-") == 0) {
        return 0;
    }
    while (length < MOST && sscanf(hex + 2 * length, "%2x", &byte) == 1) {
        bytes[length++] = (uint8_t)byte;
    }
    return length;
}

static void expect(bool holds, const char *what)
{
    checked++;
    if (!holds) {
        faults++;
        printf("not as in the vector: %s: %.100s\n", what, line);
    }
}

static void check_crc(const char *plain, const char *crc)
{
    size_t length = from_hex(plain, first);
    expect(anpr_crc32(0, first, length) == strtoul(crc, NULL, 16), "CRC-32");
}

static void check_cobs(const char *plain, const char *encoded)
{
    static uint8_t made[MOST];
    size_t plain_length = from_hex(plain, first);
    size_t encoded_length = from_hex(encoded, second);
    size_t made_length = anpr_cobs_encode(first, plain_length, made);
    expect(made_length == encoded_length && memcmp(made, second, made_length) == 0, "COBS encoded");
    expect(anpr_cobs_decode(second, encoded_length) == (int)plain_length &&
               memcmp(first, second, plain_length) == 0,
           "COBS decoded");
}

static int push_all(anpr_reader *reader, const uint8_t *bytes, size_t length, char *described)
{
    anpr_packet packet;
    int packets = 0;
    anpr_reader_init(reader);
    for (size_t i = 0; i < length; i++) {
        if (anpr_reader_push(reader, bytes[i], &packet)) {
            describe(&packet, described);
            packets++;
        }
    }
    return packets;
}

/* `packet` must come out the same when it is written anew; `accept` need not. */
static void check_packet(const char *wire, const char *description, bool same_again)
{
    static char described[LINE_LENGTH];
    anpr_reader reader;
    anpr_packet packet;
    size_t length = from_hex(wire, first);
    expect(push_all(&reader, first, length, described) == 1, "one packet");
    expect(strcmp(described, description) == 0, "the fields");
    anpr_reader_init(&reader);
    for (size_t i = 0; same_again && i < length; i++) {
        if (anpr_reader_push(&reader, first[i], &packet)) {
            expect(encode_again(&packet, second) == length && memcmp(first, second, length) == 0,
                   "written again");
        }
    }
}

static void check_refused(const char *reason, const char *wire)
{
    static char described[LINE_LENGTH];
    anpr_reader reader;
    uint16_t count;
    int packets = push_all(&reader, first, from_hex(wire, first), described);
    count = strcmp(reason, "too_long") == 0    ? reader.too_long
            : strcmp(reason, "bad_cobs") == 0  ? reader.bad_cobs
            : strcmp(reason, "too_short") == 0 ? reader.too_short
                                               : reader.bad_crc;
    expect(packets == 0 && count == 1 && anpr_reader_refused(&reader) == 1, "refused");
}

static void check_line(void)
{
    char *kind = strtok(line, " ");
    char *one = strtok(NULL, " ");
    char *rest = strtok(NULL, "");
    if (kind == NULL || one == NULL || rest == NULL) {
        expect(false, "a line of three parts");
    } else if (strcmp(kind, "crc") == 0) {
        check_crc(one, rest);
    } else if (strcmp(kind, "cobs") == 0) {
        check_cobs(one, rest);
    } else if (strcmp(kind, "packet") == 0 || strcmp(kind, "accept") == 0) {
        check_packet(one, rest, kind[0] == 'p');
    } else if (strcmp(kind, "refuse") == 0) {
        check_refused(one, rest);
    } else {
        expect(false, "a known kind of line");
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: vectors VECTORS.TXT\n");
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            check_line();
        }
    }
    fclose(file);
    printf("%d checks, %d faults\n", checked, faults);
    return faults > 0 || checked == 0;
}
