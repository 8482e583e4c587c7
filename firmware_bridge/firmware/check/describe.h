/* One line of text per packet, the same as firmware_bridge/vectors.py writes. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "../anpr_messages.h"

#define LINE_LENGTH 1200

/* Write the line, without a newline, ended by a zero. */
void describe(const anpr_packet *packet, char *line);

/* Write the packet's message anew: unpacked and packed; return the length, 0 where it is unknown. */
size_t encode_again(const anpr_packet *packet, uint8_t *wire);

#endif
