/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

void lowcore_start(void);

/* Entered from start.S. */
noreturn void guest_start(void)
{
    lowcore_start();
    main();
    psw_set_mask(PSW_LIBRARY);
    tap_done();
}
