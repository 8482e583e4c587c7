/* What the example needs of a board: write these functions for yours. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t board_micros(void);               /* free-running, wraps at 2^32, steps of 4 or less */
int board_read(void);                      /* the next byte of the host, -1 when there is none */
void board_write(const uint8_t *bytes, size_t length);
uint32_t board_boot_count(void);           /* rises by one with each start: kept in flash */
uint8_t board_reset_cause(void);           /* PROTOCOL.md, section 4.2 */
void board_device_id(uint8_t id[16]);
bool board_take_trigger(uint32_t *at_us);  /* latched by an interrupt, with its moment */
int16_t board_temperature_cdegc(void);
uint16_t board_supply_mv(void);
bool board_door_open(void);
void board_illuminate(uint16_t level_permille, uint8_t strobe, uint16_t pulse_us,
                      uint16_t delay_us);
void board_heat(uint16_t permille);
void board_blow(uint16_t permille);
void board_cycle_host_power(void);
void board_restart(void);

void setup(void);
void loop(void);

#ifdef __cplusplus
}
#endif

#endif
