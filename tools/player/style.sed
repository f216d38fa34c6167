# SPDX-License-Identifier: MIT
# Makes each line a C string.
s/["\\]/\\&/g
s/.*/"&\\n"/
