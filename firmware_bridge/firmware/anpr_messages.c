/* See anpr_messages.h. */
#include "anpr_messages.h"

#include <string.h>

static uint8_t *put_u8(uint8_t *at, uint8_t value)
{
    *at = value;
    return at + 1;
}

static uint8_t *put_u16(uint8_t *at, uint16_t value)
{
    at = put_u8(at, (uint8_t)(value & 0xffu));
    return put_u8(at, (uint8_t)(value >> 8));
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    at = put_u16(at, (uint16_t)(value & 0xffffu));
    return put_u16(at, (uint16_t)(value >> 16));
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *bytes, uint8_t length)
{
    if (length > 0) {
        memcpy(at, bytes, length);
    }
    return at + length;
}

static uint8_t *put_text(uint8_t *at, const uint8_t *text, uint8_t length)
{
    if (length > ANPR_MAX_TEXT) {
        length = ANPR_MAX_TEXT;
    }
    return put_bytes(put_u8(at, length), text, length);
}

/* What is left of a payload; `at` is NULL once it was too short. */
typedef struct {
    const uint8_t *at;
    size_t left;
} cursor;

static const uint8_t *take(cursor *from, size_t length)
{
    const uint8_t *here = from->at;
    if (here == NULL || from->left < length) {
        from->at = NULL;
        return NULL;
    }
    from->at += length;
    from->left -= length;
    return here;
}

static uint8_t get_u8(cursor *from)
{
    const uint8_t *at = take(from, 1);
    return at == NULL ? 0 : at[0];
}

static uint16_t get_u16(cursor *from)
{
    const uint8_t *at = take(from, 2);
    return (uint16_t)(at == NULL ? 0 : at[0] | at[1] << 8);
}

static uint32_t get_u32(cursor *from)
{
    uint32_t low = get_u16(from);
    return low | (uint32_t)get_u16(from) << 16;
}

static int16_t get_i16(cursor *from)
{
    uint16_t bits = get_u16(from);
    return (int16_t)(bits < 0x8000u ? (int32_t)bits : (int32_t)bits - 0x10000);
}

static void get_bytes(cursor *from, uint8_t *bytes, size_t length)
{
    const uint8_t *at = take(from, length);
    if (at != NULL) {
        memcpy(bytes, at, length);
    }
}

#define PUT_u8(name) at = put_u8(at, value->name);
#define PUT_u16(name) at = put_u16(at, value->name);
#define PUT_u32(name) at = put_u32(at, value->name);
#define PUT_i16(name) at = put_u16(at, (uint16_t)value->name);
#define PUT_b16(name) at = put_bytes(at, value->name, 16);
#define PUT_b24(name) at = put_bytes(at, value->name, 24);
#define PUT_text(name) at = put_text(at, value->name, value->name##_length);
#define PUT(form, name) PUT_##form(name)

#define GET_u8(name) value->name = get_u8(&from);
#define GET_u16(name) value->name = get_u16(&from);
#define GET_u32(name) value->name = get_u32(&from);
#define GET_i16(name) value->name = get_i16(&from);
#define GET_b16(name) get_bytes(&from, value->name, 16);
#define GET_b24(name) get_bytes(&from, value->name, 24);
#define GET_text(name)                                                                             \
    value->name##_length = get_u8(&from);                                                          \
    value->name = take(&from, value->name##_length);
#define GET(form, name) GET_##form(name)

#define DEFINE(message)                                                                            \
    uint8_t anpr_pack_##message(const anpr_##message *value, uint8_t *payload)                     \
    {                                                                                              \
        uint8_t *at = payload;                                                                     \
        ANPR_FIELDS_##message(PUT) return (uint8_t)(at - payload);                                 \
    }                                                                                              \
    bool anpr_unpack_##message(anpr_##message *value, const uint8_t *payload, uint8_t length)      \
    {                                                                                              \
        cursor from = {payload, length};                                                           \
        ANPR_FIELDS_##message(GET) return from.at != NULL;                                         \
    }

ANPR_MESSAGES(DEFINE)
