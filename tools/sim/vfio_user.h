/* SPDX-License-Identifier: MIT */
/*
 * The vfio-user protocol, from the side of the device: what the virtual machine
 * asks of the card, as messages over a socket. QEMU's
 * docs/interop/vfio-user.rst defines it.
 */
#ifndef TEST_CARD_VFIO_USER_H
#define TEST_CARD_VFIO_USER_H

struct card;

/*
 * Deals with the next message: 0; -ECONNRESET when the other side is gone; or
 * another negative errno when what it says makes no sense.
 */
int vfio_user_serve(struct card *card, int socket);

#endif /* TEST_CARD_VFIO_USER_H */
