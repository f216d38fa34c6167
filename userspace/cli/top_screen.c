// SPDX-License-Identifier: MIT
/* limen top: a terminal, by the sequences that all of them know. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "top.h"

/* What was on the terminal is there again afterwards. */
#define SCREEN_OTHER "\033[?1049h\033[?25l"
#define SCREEN_FORMER "\033[?25h\033[?1049l"
#define SCREEN_HOME "\033[H"
#define LINE_REST_CLEAR "\033[K"
#define SCREEN_REST_CLEAR "\033[J"

void top_screen_open(void)
{
	fputs(SCREEN_OTHER, stdout);
	fflush(stdout);
}

void top_screen_close(void)
{
	fputs(SCREEN_FORMER, stdout);
	fflush(stdout);
}

void top_screen_show(const char *text)
{
	struct winsize size = {};
	unsigned int line, rows = 24, columns = 80;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row &&
	    size.ws_col) {
		rows = size.ws_row;
		columns = size.ws_col;
	}
	fputs(SCREEN_HOME, stdout);
	for (line = 0; line < rows && *text; line++) {
		int length = strcspn(text, "\n");
		int shown = length < (int)columns ? length : (int)columns;

		printf("%s%.*s" LINE_REST_CLEAR, line ? "\n" : "", shown,
		       text);
		text += length + (text[length] == '\n');
	}
	fputs(SCREEN_REST_CLEAR, stdout);
	fflush(stdout);
}
