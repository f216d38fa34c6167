/* SPDX-License-Identifier: MIT */
/*
 * liblimen-client: templates and the comparison service, for programs that leave it
 * to limend to compute. It needs nothing but the C library. <limen.h> has the rest.
 *
 * DOC: What holds for every function of both libraries
 *
 * Functions return 0 or a count on success and a negative errno otherwise, unless
 * they say something else. What they are to fill in is then left as it was, unless
 * they say something else.
 *
 * Pointers must not be NULL where it is not said that they may; what closes, frees or
 * ends an object takes NULL and does nothing. Strings end with a zero byte. What a
 * function is given is its caller's: nothing is kept beyond the call, unless it is said.
 *
 * An object is used by one thread at a time; only a gallery may be searched, added to,
 * removed from and saved by any number of threads at once. An object lasts until it is
 * closed, and does not last through fork(): the child may only leave it alone. All
 * descriptors are closed on exec.
 *
 * Times are in milliseconds of CLOCK_MONOTONIC where they limit a call, none below 0
 * (-EINVAL), and in nanoseconds where they are measured. A signal whose handler returns
 * does not end a wait: it goes on until the same moment. No call raises SIGPIPE, but for
 * what writes to a stream by its path and finds that its reader has gone.
 *
 * A structure that begins with @size is allocated by the caller, who sets @size to its
 * sizeof before each call. So it can grow at its end: the library fills what both
 * know and sets what only a newer caller knows to zero. A size that no version had is
 * -EINVAL. The others keep their layout as long as the library keeps its soname;
 * those that the library allocates may grow at their end.
 */
#ifndef LIMEN_CLIENT_H
#define LIMEN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <limen/score.h>
#include <limen/template.h>
#include <limen/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * limen_version() - the version of the library in use
 *
 * LIMEN_VERSION is what the program was built with. They differ where one of the two
 * has been replaced; with the same soname both go together.
 *
 * Return: as "0.1.0"; it lasts for ever.
 */
const char *limen_version(void);

/**
 * limen_strerror() - what an error means, in a few words
 * @error: what a function of this library returned
 *
 * Return: a text for people, valid until the thread's next call of strerror().
 */
const char *limen_strerror(int error);

/**
 * limen_file_strerror() - limen_strerror() for functions that take a file's path
 * @error: what one of them returned
 *
 * There, EIO is the disk's.
 *
 * Return: as limen_strerror().
 */
const char *limen_file_strerror(int error);

/**
 * limen_client_strerror() - limen_strerror() for functions that ask limend
 * @error: what one of them returned
 *
 * Return: as limen_strerror().
 */
const char *limen_client_strerror(int error);

/**
 * struct limen_template - a template in memory
 * @model: identifier of the model that made it
 * @quality: norm of the embedding, in thousandths; 0 when unknown
 * @dim: components; see limen_dim_valid()
 * @vector: components, the first @dim in use
 *
 * Wipe it with limen_template_wipe() as soon as it has served.
 */
struct limen_template {
	uint8_t model[LIMEN_MODEL_ID_SIZE];
	uint32_t quality;
	uint32_t dim;
	int8_t vector[LIMEN_DIM_MAX] __attribute__((aligned(64)));
};

/**
 * limen_template_parse() - read a template from memory
 * @tmpl: out: the template
 * @data: what limen_template_write() wrote, at any alignment; may be NULL if @size is 0
 * @size: bytes of it, all of which must be the template's
 *
 * Return: 0; -EBADMSG: it is none; -EPROTONOSUPPORT: one of a newer version.
 */
int limen_template_parse(struct limen_template *tmpl, const void *data,
			 size_t size);

/**
 * limen_template_size() - how large a template is when written
 * @tmpl: the template
 *
 * Return: bytes, at most LIMEN_TEMPLATE_SIZE_MAX if its @dim is valid.
 */
size_t limen_template_size(const struct limen_template *tmpl);

/**
 * limen_template_write() - write a template to memory
 * @tmpl: the template
 * @data: where to, at any alignment
 * @size: bytes of room there
 *
 * Return: the number of bytes written; -ENOSPC: no room; -EINVAL: no template, as one
 * of zeros is none.
 */
int limen_template_write(const struct limen_template *tmpl, void *data,
			 size_t size);

/**
 * limen_template_load() - read a template from a file or a stream
 * @tmpl: out: the template
 * @path: of the file
 *
 * Return: as limen_template_parse(); -ETIMEDOUT: a stream that nobody has written to
 * for ten seconds; what open() and read() return.
 */
int limen_template_load(struct limen_template *tmpl, const char *path);

/**
 * limen_template_save() - write a template to a file or a stream
 * @tmpl: the template
 * @path: of the file
 *
 * A file is created with mode 0600 and replaced in one step; what has not been written
 * in full leaves nothing behind. A FIFO or a character device is written to instead,
 * and whatever standard output is under the name /dev/stdout; SIGPIPE is raised if
 * nobody reads that any more.
 *
 * Return: 0; -EINVAL: no template; -ELOOP: a symbolic link to a file; -ENOSTR: neither
 * a file nor a stream; -ENXIO: a FIFO that nobody reads; -ETIMEDOUT: a stream that
 * takes nothing for half a minute; -EBUSY: somebody else has been writing the file for
 * as long; what open(), write() and rename() return.
 */
int limen_template_save(const struct limen_template *tmpl, const char *path);

/**
 * limen_template_wipe() - overwrite a template
 * @tmpl: the template, of which nothing is left
 */
void limen_template_wipe(struct limen_template *tmpl);

/**
 * limen_comparable() - whether two templates can be compared
 * @probe: one
 * @reference: the other
 *
 * Return: 0; -EMEDIUMTYPE: made by different models; -EDOM: of different dimensions,
 * or of one that there is not.
 */
int limen_comparable(const struct limen_template *probe,
		     const struct limen_template *reference);

/**
 * enum limen_backend_kind - where a score was computed
 * @LIMEN_BACKEND_CPU: by the processor
 * @LIMEN_BACKEND_BOARD: by a board
 * @LIMEN_BACKEND_OPENCL: by an OpenCL device
 */
enum limen_backend_kind {
	LIMEN_BACKEND_CPU = 1,
	LIMEN_BACKEND_BOARD = 2,
	LIMEN_BACKEND_OPENCL = 3,
};

/**
 * limen_backend_name() - a kind's name
 * @kind: the kind
 *
 * Return: "cpu", "board", "opencl" or, for any other number, "unknown"; it lasts for
 * ever.
 */
const char *limen_backend_name(enum limen_backend_kind kind);

/* Room for the place of a board on its bus, as "0000:01:00.0", and a NUL. */
#define LIMEN_BOARD_ADDRESS_SIZE 32

struct limen_client;

/**
 * struct limen_service_result - what limend says of one comparison
 * @size: in: sizeof(struct limen_service_result)
 * @error: 0, or a negative errno and no score, which is then zeros
 * @score: the score
 * @device_ns: time in the backend, nanoseconds
 * @service_ns: time from request read to reply written, nanoseconds
 * @backend: where it was computed; 0 if limend did not answer
 * @reserved: zero
 * @board: the board that computed it, or failed at it, by its place on its bus,
 *	NUL-terminated; "" if it was none
 */
struct limen_service_result {
	uint32_t size;
	int error;
	struct limen_score score;
	uint64_t device_ns;
	uint64_t service_ns;
	enum limen_backend_kind backend;
	uint32_t reserved;
	char board[LIMEN_BOARD_ADDRESS_SIZE];
};

/**
 * enum limen_board_state - what a board is to limend
 * @LIMEN_BOARD_SERVES: it is used
 * @LIMEN_BOARD_RESTS: it has failed, and is used while there is none that serves
 * @LIMEN_BOARD_ABSENT: it was there and has gone
 * @LIMEN_BOARD_CONDEMNED: it computed a wrong score, and is not used
 */
enum limen_board_state {
	LIMEN_BOARD_SERVES = 1,
	LIMEN_BOARD_RESTS = 2,
	LIMEN_BOARD_ABSENT = 3,
	LIMEN_BOARD_CONDEMNED = 4,
};

/**
 * struct limen_service_board - what limend says of one board
 * @address: its place on its bus, NUL-terminated
 * @state: what it is to limend now
 * @reserved: zero
 * @comparisons: that it scored since limend started
 * @failures: that it was given and did not score
 */
struct limen_service_board {
	char address[LIMEN_BOARD_ADDRESS_SIZE];
	enum limen_board_state state;
	uint32_t reserved;
	uint64_t comparisons;
	uint64_t failures;
};

/* Most boards that one limend knows. */
#define LIMEN_SERVICE_BOARDS_MAX 8

/**
 * struct limen_service_status - what limend says of itself
 * @size: in: sizeof(struct limen_service_status)
 * @backend: in use now
 * @clients: connected now
 * @reserved: zero
 * @comparisons: scored since it started
 * @failures: not scored since it started
 * @batches: submissions to the backend since it started
 * @rechecks: scores of boards that it has computed again on the CPU
 * @mismatches: of these, so many were wrong
 * @description: of the backend, NUL-terminated
 * @board_count: boards in @boards
 * @reserved2: zero
 * @boards: those it has used since it started; behind @board_count, zeros
 */
struct limen_service_status {
	uint32_t size;
	enum limen_backend_kind backend;
	uint32_t clients;
	uint32_t reserved;
	uint64_t comparisons;
	uint64_t failures;
	uint64_t batches;
	uint64_t rechecks;
	uint64_t mismatches;
	char description[64];
	uint32_t board_count;
	uint32_t reserved2;
	struct limen_service_board boards[LIMEN_SERVICE_BOARDS_MAX];
};

/**
 * limen_client_connect() - connect to limend
 * @client: out: the connection, until limen_client_close()
 * @socket_path: of limend's socket, shorter than 108 bytes
 *
 * Return: 0; -ECONNREFUSED, -ENOENT: no daemon; -EACCES: this user may not; -EUSERS: it
 * has as many clients as it takes; -EPROTONOSUPPORT: it is of another version;
 * -ETIMEDOUT: it did not take or welcome this client within five seconds;
 * -ENAMETOOLONG; -ENOMEM; what socket() and connect() return.
 */
int limen_client_connect(struct limen_client **client, const char *socket_path);

/**
 * limen_client_compare() - have limend compare two templates, start to end
 * @client: the connection
 * @probe: one template
 * @reference: the other
 * @timeout_ms: longest to wait
 * @result: in: its size; out: the answer, filled in whatever is returned
 *
 * If limend answered that it could not, that is the result's error, and the connection
 * lasts; its backend tells such an answer from none. After -ETIMEDOUT, -EPROTO,
 * -ECONNRESET and the like there is no answer, and calls return -ENOTCONN: connect again.
 *
 * Return: the result's error. It is also -EINVAL if one of both is no template, or the
 * timeout none, and -EBUSY while answers to limen_client_submit() have not been taken:
 * then nothing was sent. With a @size that is none, -EINVAL and nothing filled in.
 */
int limen_client_compare(struct limen_client *client,
			 const struct limen_template *probe,
			 const struct limen_template *reference, int timeout_ms,
			 struct limen_service_result *result);

/**
 * limen_client_status() - ask limend how it does
 * @client: the connection
 * @timeout_ms: longest to wait
 * @status: in: its size; out: the answer
 *
 * Return: 0; -EINVAL, -EBUSY, -ETIMEDOUT, -EPROTO, -ENOTCONN: as
 * limen_client_compare().
 */
int limen_client_status(struct limen_client *client, int timeout_ms,
			struct limen_service_status *status);

/* Most comparisons of one connection that may be under way. */
#define LIMEN_CLIENT_PENDING_MAX 64

/**
 * limen_client_submit() - send a comparison and do not wait for its answer
 * @client: the connection
 * @probe: one template
 * @reference: the other
 * @timeout_ms: longest to wait until limend's socket has room
 * @ticket: out: what limen_client_next() says when this is answered; never 0
 *
 * Both templates may be wiped as soon as it returns. limend takes what has gathered in
 * one batch, so that many under way cost little more than one.
 *
 * Return: 0; -EINVAL: one of both is no template, or the timeout none; -ENOBUFS:
 * LIMEN_CLIENT_PENDING_MAX are under way; -ETIMEDOUT: no room: nothing was sent, and the
 * connection lasts after any of these; -ENOTCONN, and what ended the connection.
 */
int limen_client_submit(struct limen_client *client,
			const struct limen_template *probe,
			const struct limen_template *reference, int timeout_ms,
			uint64_t *ticket);

/**
 * limen_client_next() - take the next answer to limen_client_submit()
 * @client: the connection
 * @timeout_ms: longest to wait
 * @ticket: out: what it is the answer to
 * @result: in: its size; out: the answer
 *
 * Answers come in any order.
 *
 * Return: 0: an answer, which may be an error; -ENOMSG: nothing is under way;
 * -ETIMEDOUT: none has come, and one may still come; -EINVAL: a size or timeout that is
 * none. After -EPROTO, -ECONNRESET and the like what was under way is lost, and calls
 * return -ENOTCONN: connect again.
 */
int limen_client_next(struct limen_client *client, int timeout_ms,
		      uint64_t *ticket, struct limen_service_result *result);

/**
 * limen_client_pending() - how many comparisons are under way
 * @client: the connection
 *
 * Return: their number, at most LIMEN_CLIENT_PENDING_MAX.
 */
unsigned int limen_client_pending(const struct limen_client *client);

/**
 * limen_client_fd() - what to poll() for answers
 * @client: the connection
 *
 * Return: its descriptor, readable while there is an answer or the connection has ended;
 * not to be closed, read or written; -ENOTCONN once calls return that.
 */
int limen_client_fd(const struct limen_client *client);

/**
 * limen_client_close() - end a connection
 * @client: the connection, or NULL
 */
void limen_client_close(struct limen_client *client);

/**
 * limen_wipe() - overwrite memory in a way that no compiler removes
 * @data: the memory; may be NULL if @size is 0
 * @size: bytes of it
 */
void limen_wipe(void *data, size_t size);

/**
 * limen_process_harden() - keep what this process sees to itself
 *
 * No core dump, no ptrace by the same user, no file in the place of a closed standard
 * stream and, where the limit on locked memory allows, no swap: for processes that see
 * biometric data. Call it first thing in main(), before there are threads. It cannot be
 * taken back.
 *
 * Return: 0, or what prctl(), setrlimit(), mlockall() or open() returned; the process
 * should then end.
 */
int limen_process_harden(void);

#ifdef __cplusplus
}
#endif

#endif /* LIMEN_CLIENT_H */
