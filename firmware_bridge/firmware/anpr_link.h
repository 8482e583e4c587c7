/*
 * The packets of PROTOCOL.md, sections 2 and 3, for a microcontroller: C99, no allocation, no
 * dependency, about 270 bytes of RAM per reader. Messages are in anpr_messages.h.
 */
#ifndef ANPR_LINK_H
#define ANPR_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ANPR_VERSION 1u
#define ANPR_MINOR 0u
#define ANPR_MAX_PAYLOAD 240u
#define ANPR_OVERHEAD 8u                                        /* header 4, CRC 4 */
#define ANPR_MAX_ENCODED (ANPR_MAX_PAYLOAD + ANPR_OVERHEAD + 1u) /* COBS adds one */
#define ANPR_MAX_WIRE (ANPR_MAX_ENCODED + 2u)                    /* a delimiter on either side */

/* A packet whose CRC was right. `payload` points into the reader until the next byte is pushed. */
typedef struct {
    uint8_t version;
    uint8_t type;
    uint16_t sequence;
    uint8_t length;
    const uint8_t *payload;
} anpr_packet;

/* Finds packets in a stream of bytes; the counters wrap. */
typedef struct {
    uint8_t bytes[ANPR_MAX_ENCODED];
    uint16_t pending;
    bool overlong;
    uint16_t too_long;
    uint16_t bad_cobs;
    uint16_t too_short;
    uint16_t bad_crc;
} anpr_reader;

void anpr_reader_init(anpr_reader *reader);

/* Take one byte; true when it completed a packet, which is then in `packet`. */
bool anpr_reader_push(anpr_reader *reader, uint8_t byte, anpr_packet *packet);

/* Everything that was refused. */
uint16_t anpr_reader_refused(const anpr_reader *reader);

/* Write a packet to `wire` (room for ANPR_MAX_WIRE bytes); return its length, 0 if it is too long. */
size_t anpr_encode(uint8_t type, uint16_t sequence, const uint8_t *payload, uint8_t length,
                   uint8_t *wire);

/* The number that follows: 1..65535, for 0 means "none". */
uint16_t anpr_next_sequence(uint16_t sequence);

/* CRC-32 of IEEE 802.3; begin with 0, or go on with the result of the bytes before. */
uint32_t anpr_crc32(uint32_t crc, const uint8_t *bytes, size_t length);

/*
 * COBS of at most 253 bytes, which needs no code 0xff: return the encoded length (length + 1).
 * `encoded` and `plain` must not overlap.
 */
size_t anpr_cobs_encode(const uint8_t *plain, size_t length, uint8_t *encoded);

/* Decode in place; return the plain length, or -1 where the bytes are no encoding. */
int anpr_cobs_decode(uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
