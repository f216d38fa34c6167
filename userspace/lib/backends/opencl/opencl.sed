# SPDX-License-Identifier: MIT
# From opencl.cl to a string in C.
s/[\\"]/\\&/g
s/.*/"&\\n"/
1i #include "opencl.h"
1i const char opencl_source[] =
$a ;
