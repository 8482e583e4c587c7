/*
 * The messages of PROTOCOL.md, section 4. Each list below is the one place where a layout is
 * written down: X(form, name), in the order of the wire. Structs, packing and unpacking follow.
 */
#ifndef ANPR_MESSAGES_H
#define ANPR_MESSAGES_H

#include "anpr_link.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANPR_FIELDS_hello_request(X) X(u8, minor)

#define ANPR_FIELDS_hello(X)                                                                       \
    X(u16, answers)                                                                                \
    X(u8, minor)                                                                                   \
    X(u8, reset_cause)                                                                             \
    X(u32, boot_count)                                                                             \
    X(u32, device_us)                                                                              \
    X(u32, capabilities)                                                                           \
    X(b16, device_id)                                                                              \
    X(b24, firmware)

#define ANPR_FIELDS_ack(X) X(u16, answers)

#define ANPR_FIELDS_nack(X)                                                                        \
    X(u16, answers)                                                                                \
    X(u8, refused_type)                                                                            \
    X(u8, reason)

#define ANPR_FIELDS_clock(X)                                                                       \
    X(u16, answers)                                                                                \
    X(u32, boot_count)                                                                             \
    X(u32, received_us)                                                                            \
    X(u32, sent_us)

#define ANPR_FIELDS_status(X)                                                                      \
    X(u32, boot_count)                                                                             \
    X(u32, device_us)                                                                              \
    X(i16, temperature_cdegc)                                                                      \
    X(u16, humidity_permille)                                                                      \
    X(u16, supply_mv)                                                                              \
    X(u32, illuminance_mlx)                                                                        \
    X(i16, pitch_cdeg)                                                                             \
    X(i16, roll_cdeg)                                                                              \
    X(u8, contacts)                                                                                \
    X(u8, contacts_known)                                                                          \
    X(u16, illuminator_permille)                                                                   \
    X(u16, heater_permille)                                                                        \
    X(u16, fan_permille)                                                                           \
    X(u32, watchdog_left_ms)                                                                       \
    X(u16, packets_refused)                                                                        \
    X(u16, reports_dropped)

#define ANPR_FIELDS_trigger(X)                                                                     \
    X(u32, boot_count)                                                                             \
    X(u32, count)                                                                                  \
    X(u32, device_us)                                                                              \
    X(u8, source)                                                                                  \
    X(u8, strobe_fired)

#define ANPR_FIELDS_log(X)                                                                         \
    X(u32, device_us)                                                                              \
    X(u8, level)                                                                                   \
    X(text, text)

#define ANPR_FIELDS_illuminator(X)                                                                 \
    X(u16, level_permille)                                                                         \
    X(u8, strobe)                                                                                  \
    X(u16, pulse_us)                                                                               \
    X(u16, delay_us)

#define ANPR_FIELDS_climate(X)                                                                     \
    X(u16, heater_permille)                                                                        \
    X(u16, fan_permille)

#define ANPR_FIELDS_watchdog(X) X(u32, timeout_ms)

#define ANPR_FIELDS_reboot(X)                                                                      \
    X(u8, target)                                                                                  \
    X(u16, delay_ms)

/* Every message with fields; ANPR_CLOCK_REQUEST (0x05) has none. */
#define ANPR_MESSAGES(M)                                                                           \
    M(hello_request)                                                                               \
    M(hello)                                                                                       \
    M(ack)                                                                                         \
    M(nack)                                                                                        \
    M(clock)                                                                                       \
    M(status)                                                                                      \
    M(trigger)                                                                                     \
    M(log)                                                                                         \
    M(illuminator)                                                                                 \
    M(climate)                                                                                     \
    M(watchdog)                                                                                    \
    M(reboot)

enum {
    ANPR_TYPE_hello_request = 0x01,
    ANPR_TYPE_hello = 0x02,
    ANPR_TYPE_ack = 0x03,
    ANPR_TYPE_nack = 0x04,
    ANPR_TYPE_clock_request = 0x05,
    ANPR_TYPE_clock = 0x06,
    ANPR_TYPE_status = 0x10,
    ANPR_TYPE_trigger = 0x11,
    ANPR_TYPE_log = 0x12,
    ANPR_TYPE_illuminator = 0x20,
    ANPR_TYPE_climate = 0x21,
    ANPR_TYPE_watchdog = 0x22,
    ANPR_TYPE_reboot = 0x23,
    ANPR_FIRST_COMMAND = 0x20, /* 0x20..0x3f want an answer, even where the type is not known */
    ANPR_LAST_COMMAND = 0x3f
};

enum {
    ANPR_UNKNOWN_TYPE = 1,
    ANPR_MALFORMED = 2,
    ANPR_OUT_OF_RANGE = 3,
    ANPR_UNAVAILABLE = 4,
    ANPR_INTERLOCKED = 5,
    ANPR_BUSY = 6,
    ANPR_NO_SESSION = 7
};

enum {
    ANPR_HAS_TRIGGER = 1,
    ANPR_HAS_ILLUMINATOR = 2,
    ANPR_HAS_STROBE_SYNC = 4,
    ANPR_HAS_HEATER = 8,
    ANPR_HAS_FAN = 16,
    ANPR_HAS_HOST_WATCHDOG = 32,
    ANPR_HAS_HOST_POWER = 64
};

enum { ANPR_CONTACT_TAMPER = 1, ANPR_CONTACT_DOOR_OPEN = 2, ANPR_CONTACT_TILTED = 4 };
enum { ANPR_STROBE_CONTINUOUS = 0, ANPR_STROBE_EXPOSURE = 1, ANPR_STROBE_TRIGGER = 2 };
enum { ANPR_REBOOT_DEVICE = 0, ANPR_REBOOT_HOST = 1 };

#define ANPR_UNKNOWN_I16 (-32767 - 1)
#define ANPR_UNKNOWN_U16 0xffffu
#define ANPR_UNKNOWN_U32 0xffffffffu
#define ANPR_AUTOMATIC 0xffffu
#define ANPR_MAX_TEXT (ANPR_MAX_PAYLOAD - 6u) /* of a log, in bytes */

#define ANPR_MEMBER_u8(name) uint8_t name;
#define ANPR_MEMBER_u16(name) uint16_t name;
#define ANPR_MEMBER_u32(name) uint32_t name;
#define ANPR_MEMBER_i16(name) int16_t name;
#define ANPR_MEMBER_b16(name) uint8_t name[16];
#define ANPR_MEMBER_b24(name) uint8_t name[24];
/* Not ended by a zero; when unpacked it points into the payload. */
#define ANPR_MEMBER_text(name) \
    uint8_t name##_length; \
    const uint8_t *name;

#define ANPR_MEMBER(form, name) ANPR_MEMBER_##form(name)

/* anpr_pack_NAME: write the payload (room for ANPR_MAX_PAYLOAD bytes), return its length.
 * anpr_unpack_NAME: false where the payload is too short; what is longer is a newer peer's. */
#define ANPR_DECLARE(message)                                                                      \
    typedef struct {                                                                               \
        ANPR_FIELDS_##message(ANPR_MEMBER)                                                         \
    } anpr_##message;                                                                              \
    uint8_t anpr_pack_##message(const anpr_##message *value, uint8_t *payload);                    \
    bool anpr_unpack_##message(anpr_##message *value, const uint8_t *payload, uint8_t length);

ANPR_MESSAGES(ANPR_DECLARE)

#ifdef __cplusplus
}
#endif

#endif
