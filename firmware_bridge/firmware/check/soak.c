/*
 * The reader on lines that are worse than any, by a seed:
 *   soak damaged SEED FRAMES  packets, of whose bytes one in a hundred is wrong, lost or doubled
 *   soak noise SEED BYTES     random bytes
 *   soak framed SEED FRAMES   random bytes in right COBS: only the CRC can refuse them
 *   soak pairs SEED FRAMES    nothing is read: writes each packet as it was sent and as it came
 *                             (two bytes of length, little-endian, before either), for another reader
 * Prints what became of it; exit status 1 where a packet was taken that nobody sent.
 */
#include "../anpr_link.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_ONE_IN 100u

typedef struct {
    uint8_t bytes[2 * ANPR_MAX_WIRE];
    size_t length;
} line;

static uint64_t chance;
static uint64_t spoilt, accepted, wrong, too_long, bad_cobs, too_short, bad_crc;
static anpr_reader reader;

/* xorshift64*, Vigna 2016. */
static uint32_t draw(void)
{
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return (uint32_t)(chance * 0x2545f4914f6cdd1du >> 32);
}

static uint32_t below(uint32_t most)
{
    return draw() % most;
}

/* Half of the packets are as short as messages are, and half of them have many zeros. */
static void make_packet(line *sent)
{
    uint8_t payload[ANPR_MAX_PAYLOAD];
    uint8_t length = (uint8_t)below(draw() & 1u ? 41u : ANPR_MAX_PAYLOAD + 1u);
    uint8_t mask = draw() & 1u ? 0xffu : 0x81u;
    for (size_t i = 0; i < length; i++) {
        payload[i] = (uint8_t)draw() & mask;
    }
    sent->length = anpr_encode((uint8_t)draw(), (uint16_t)draw(), payload, length, sent->bytes);
}

static void put(line *came, uint8_t byte)
{
    came->bytes[came->length++] = byte;
}

static void damage(const line *sent, line *came)
{
    came->length = 0;
    for (size_t i = 0; i < sent->length; i++) {
        uint8_t byte = sent->bytes[i];
        switch (below(WRONG_ONE_IN) > 0 ? 4u : below(4)) {
        case 0: /* another byte */
            put(came, (uint8_t)(byte + 1u + below(255)));
            break;
        case 1: /* a wrong bit */
            put(came, (uint8_t)(byte ^ 1u << below(8)));
            break;
        case 2: /* doubled */
            put(came, byte);
            put(came, byte);
            break;
        case 3: /* lost */
            break;
        default:
            put(came, byte);
        }
    }
    spoilt += came->length != sent->length || memcmp(came->bytes, sent->bytes, came->length) != 0;
}

static bool is(const anpr_packet *packet, const line *sent)
{
    uint8_t again[ANPR_MAX_WIRE];
    size_t length =
        anpr_encode(packet->type, packet->sequence, packet->payload, packet->length, again);
    return packet->version == ANPR_VERSION && length == sent->length &&
           memcmp(again, sent->bytes, length) == 0;
}

/* A packet whose last delimiter was lost is ended by the first of the next. */
static void read_line(const line *came, const line *sent, const line *before)
{
    anpr_packet packet;
    for (size_t i = 0; i < came->length; i++) {
        if (anpr_reader_push(&reader, came->bytes[i], &packet)) {
            accepted++;
            wrong += sent == NULL || !(is(&packet, sent) || is(&packet, before));
        }
    }
    too_long += reader.too_long; /* there they wrap */
    bad_cobs += reader.bad_cobs;
    too_short += reader.too_short;
    bad_crc += reader.bad_crc;
    reader.too_long = reader.bad_cobs = reader.too_short = reader.bad_crc = 0;
}

static void soak_damaged(uint64_t frames)
{
    static line sent[2], came;
    for (uint64_t i = 0; i < frames; i++) {
        make_packet(&sent[i & 1u]);
        damage(&sent[i & 1u], &came);
        read_line(&came, &sent[i & 1u], &sent[~i & 1u]);
    }
}

static void soak_noise(uint64_t bytes)
{
    static line came;
    for (uint64_t left = bytes; left > 0; left -= came.length) {
        came.length = left < sizeof came.bytes ? (size_t)left : sizeof came.bytes;
        for (size_t i = 0; i < came.length; i++) {
            came.bytes[i] = (uint8_t)draw();
        }
        read_line(&came, NULL, NULL);
    }
}

static void soak_framed(uint64_t frames)
{
    static line came;
    uint8_t plain[ANPR_MAX_PAYLOAD + ANPR_OVERHEAD];
    for (uint64_t i = 0; i < frames; i++) {
        size_t length = ANPR_OVERHEAD + below(ANPR_MAX_PAYLOAD + 1u);
        for (size_t at = 0; at < length; at++) {
            plain[at] = (uint8_t)draw();
        }
        came.length = anpr_cobs_encode(plain, length, came.bytes);
        put(&came, 0);
        read_line(&came, NULL, NULL);
    }
}

static void write_line(const line *one)
{
    putchar((int)(one->length & 0xffu));
    putchar((int)(one->length >> 8));
    fwrite(one->bytes, 1, one->length, stdout);
}

static void write_pairs(uint64_t frames)
{
    static line sent, came;
    for (uint64_t i = 0; i < frames; i++) {
        make_packet(&sent);
        damage(&sent, &came);
        write_line(&sent);
        write_line(&came);
    }
}

static bool soak(const char *kind, uint64_t amount)
{
    if (strcmp(kind, "damaged") == 0) {
        soak_damaged(amount);
    } else if (strcmp(kind, "noise") == 0) {
        soak_noise(amount);
    } else if (strcmp(kind, "framed") == 0) {
        soak_framed(amount);
    } else {
        return false;
    }
    printf("spoilt=%" PRIu64 " accepted=%" PRIu64 " wrong=%" PRIu64 " too_long=%" PRIu64
           " bad_cobs=%" PRIu64 " too_short=%" PRIu64 " bad_crc=%" PRIu64 "\n",
           spoilt, accepted, wrong, too_long, bad_cobs, too_short, bad_crc);
    return true;
}

int main(int argc, char **argv)
{
    uint64_t amount = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    if (amount > 0) {
        chance = strtoull(argv[2], NULL, 10) + 0x9e3779b97f4a7c15u;
        anpr_reader_init(&reader);
        if (strcmp(argv[1], "pairs") == 0) {
            write_pairs(amount);
            return 0;
        }
        if (soak(argv[1], amount)) {
            return wrong > 0;
        }
    }
    fprintf(stderr, "usage: soak damaged|noise|framed|pairs SEED AMOUNT\n");
    return 2;
}
