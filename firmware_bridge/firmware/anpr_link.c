/* See anpr_link.h. */
#include "anpr_link.h"

#include <string.h>

uint32_t anpr_crc32(uint32_t crc, const uint8_t *bytes, size_t length)
{
    /* Half a byte at a time: 64 bytes of table instead of 1024. */
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
        0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
        0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc = table[(crc ^ bytes[i]) & 0x0fu] ^ (crc >> 4);
        crc = table[(crc ^ (uint32_t)(bytes[i] >> 4)) & 0x0fu] ^ (crc >> 4);
    }
    return ~crc;
}

size_t anpr_cobs_encode(const uint8_t *plain, size_t length, uint8_t *encoded)
{
    size_t code_at = 0;
    size_t at = 1;
    for (size_t i = 0; i < length; i++) {
        if (plain[i] == 0) {
            encoded[code_at] = (uint8_t)(at - code_at);
            code_at = at++;
        } else {
            encoded[at++] = plain[i];
        }
    }
    encoded[code_at] = (uint8_t)(at - code_at);
    return at;
}

int anpr_cobs_decode(uint8_t *bytes, size_t length)
{
    size_t from = 0;
    size_t to = 0;
    if (length == 0) {
        return -1;
    }
    while (from < length) {
        size_t code = bytes[from];
        if (code == 0 || code > length - from) {
            return -1;
        }
        for (size_t i = 1; i < code; i++) {
            if (bytes[from + i] == 0) {
                return -1;
            }
            bytes[to++] = bytes[from + i];
        }
        from += code;
        if (from < length && code < 0xffu) {
            bytes[to++] = 0;
        }
    }
    return (int)to;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void anpr_reader_init(anpr_reader *reader)
{
    memset(reader, 0, sizeof *reader);
}

static bool finish(anpr_reader *reader, anpr_packet *packet)
{
    int length = anpr_cobs_decode(reader->bytes, reader->pending);
    const uint8_t *plain = reader->bytes;
    size_t body;
    if (length < 0) {
        reader->bad_cobs++;
        return false;
    }
    if ((size_t)length < ANPR_OVERHEAD) {
        reader->too_short++;
        return false;
    }
    body = (size_t)length - 4u;
    if (anpr_crc32(0, plain, body) != get_u32(plain + body)) {
        reader->bad_crc++;
        return false;
    }
    packet->version = plain[0];
    packet->type = plain[1];
    packet->sequence = (uint16_t)(plain[2] | plain[3] << 8);
    packet->length = (uint8_t)(body - 4u);
    packet->payload = plain + 4;
    return true;
}

bool anpr_reader_push(anpr_reader *reader, uint8_t byte, anpr_packet *packet)
{
    bool whole = false;
    if (byte != 0) {
        if (reader->pending == ANPR_MAX_ENCODED) {
            reader->overlong = true;
        } else {
            reader->bytes[reader->pending++] = byte;
        }
        return false;
    }
    if (reader->overlong) {
        reader->too_long++;
    } else if (reader->pending > 0) {
        whole = finish(reader, packet);
    }
    reader->pending = 0;
    reader->overlong = false;
    return whole;
}

uint16_t anpr_reader_refused(const anpr_reader *reader)
{
    return (uint16_t)(reader->too_long + reader->bad_cobs + reader->too_short + reader->bad_crc);
}

size_t anpr_encode(uint8_t type, uint16_t sequence, const uint8_t *payload, uint8_t length,
                   uint8_t *wire)
{
    uint8_t plain[ANPR_MAX_PAYLOAD + ANPR_OVERHEAD];
    size_t body = (size_t)length + 4u;
    size_t encoded;
    uint32_t crc;
    if (length > ANPR_MAX_PAYLOAD) {
        return 0;
    }
    plain[0] = ANPR_VERSION;
    plain[1] = type;
    plain[2] = (uint8_t)(sequence & 0xffu);
    plain[3] = (uint8_t)(sequence >> 8);
    if (length > 0) {
        memcpy(plain + 4, payload, length);
    }
    crc = anpr_crc32(0, plain, body);
    for (size_t i = 0; i < 4; i++) {
        plain[body + i] = (uint8_t)(crc >> (8u * i) & 0xffu);
    }
    wire[0] = 0;
    encoded = anpr_cobs_encode(plain, body + 4u, wire + 1);
    wire[1 + encoded] = 0;
    return encoded + 2u;
}

uint16_t anpr_next_sequence(uint16_t sequence)
{
    return sequence == 0xffffu ? 1u : (uint16_t)(sequence + 1u);
}
