/*
 * Reads chunks from standard input (two bytes of length, little-endian, then the bytes), gives each
 * to a new reader, and writes a line per packet and one of counters. A test compares them with the
 * Python reader's.
 */
#include "describe.h"

#include <stdio.h>

static uint8_t chunk[65535];

static void read_chunk(size_t length)
{
    static char line[LINE_LENGTH];
    anpr_reader reader;
    anpr_packet packet;
    anpr_reader_init(&reader);
    for (size_t i = 0; i < length; i++) {
        if (anpr_reader_push(&reader, chunk[i], &packet)) {
            describe(&packet, line);
            printf("%s\n", line);
        }
    }
    printf("end %u %u %u %u\n", reader.too_long, reader.bad_cobs, reader.too_short,
           reader.bad_crc);
    fflush(stdout);
}

int main(void)
{
    uint8_t head[2];
    while (fread(head, 1, 2, stdin) == 2) {
        size_t length = (size_t)(head[0] | head[1] << 8);
        if (fread(chunk, 1, length, stdin) != length) {
            return 1;
        }
        read_chunk(length);
    }
    return 0;
}
