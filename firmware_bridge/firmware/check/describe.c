/* See describe.h. */
#include "describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char *add_hex(char *at, const uint8_t *bytes, size_t length)
{
    if (length == 0) {
        return at + sprintf(at, "-");
    }
    for (size_t i = 0; i < length; i++) {
        at += sprintf(at, "%02x", bytes[i]);
    }
    return at;
}

static char *add_bytes(char *at, const char *name, const uint8_t *bytes, size_t length)
{
    return add_hex(at + sprintf(at, " %s=", name), bytes, length);
}

#define SHOW_u8(name) at += sprintf(at, " " #name "=%u", value.name);
#define SHOW_u16(name) at += sprintf(at, " " #name "=%u", value.name);
#define SHOW_u32(name) at += sprintf(at, " " #name "=%" PRIu32, value.name);
#define SHOW_i16(name) at += sprintf(at, " " #name "=%d", value.name);
#define SHOW_b16(name) at = add_bytes(at, #name, value.name, 16);
#define SHOW_b24(name) at = add_bytes(at, #name, value.name, 24);
#define SHOW_text(name) at = add_bytes(at, #name, value.name, value.name##_length);
#define SHOW(form, name) SHOW_##form(name)

#define DEFINE_SHOW(message)                                                                       \
    static char *show_##message(char *at, const anpr_packet *packet)                               \
    {                                                                                              \
        anpr_##message value;                                                                      \
        if (!anpr_unpack_##message(&value, packet->payload, packet->length)) {                     \
            return add_hex(at + sprintf(at, "malformed "), packet->payload, packet->length);       \
        }                                                                                          \
        at += sprintf(at, #message);                                                               \
        ANPR_FIELDS_##message(SHOW) return at;                                                     \
    }

ANPR_MESSAGES(DEFINE_SHOW)

#define CASE_SHOW(message)                                                                         \
    case ANPR_TYPE_##message:                                                                      \
        show_##message(at, packet);                                                                \
        break;

void describe(const anpr_packet *packet, char *line)
{
    char *at = line + sprintf(line, "%u %u %u ", packet->version, packet->type, packet->sequence);
    bool greeting = packet->type == ANPR_TYPE_hello || packet->type == ANPR_TYPE_hello_request;
    if (packet->version != ANPR_VERSION && !greeting) {
        add_hex(at + sprintf(at, "other_version "), packet->payload, packet->length);
        return;
    }
    switch (packet->type) {
    case ANPR_TYPE_clock_request:
        sprintf(at, "clock_request");
        break;
    ANPR_MESSAGES(CASE_SHOW)
    default:
        add_hex(at + sprintf(at, "unknown "), packet->payload, packet->length);
    }
}

#define CASE_AGAIN(message)                                                                        \
    case ANPR_TYPE_##message: {                                                                    \
        anpr_##message value;                                                                      \
        if (!anpr_unpack_##message(&value, packet->payload, packet->length)) {                     \
            return 0;                                                                              \
        }                                                                                          \
        length = anpr_pack_##message(&value, payload);                                             \
        break;                                                                                     \
    }

size_t encode_again(const anpr_packet *packet, uint8_t *wire)
{
    uint8_t payload[ANPR_MAX_PAYLOAD];
    uint8_t length = 0;
    switch (packet->type) {
    case ANPR_TYPE_clock_request:
        break;
    ANPR_MESSAGES(CASE_AGAIN)
    default:
        return 0;
    }
    return anpr_encode(packet->type, packet->sequence, payload, length, wire);
}
