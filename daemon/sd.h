/*
 * sd - what the service manager wants to hear (sd_notify(3), without its library)
 *
 * One datagram a message to the socket that NOTIFY_SOCKET names; nothing happens when there is
 * none.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SD_H
#define MAILBOUNCED_SD_H

/* Sends "READY=1" and its like. A lost message is logged at debug level and otherwise harmless. */
void sd_notify(const char *message);

/* Seconds between two WATCHDOG=1 that the manager expects of this process; 0 = it keeps no watch.
 */
double sd_watchdog(void);

#endif
