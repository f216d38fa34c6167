/* SPDX-License-Identifier: MIT */
/*
 * A neural network: numbers in, numbers out. The only thing OpenCV does here.
 */
#ifndef FACE_NET_H
#define FACE_NET_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct face_net;

/**
 * struct face_tensor - an input or output of a network
 * @channels: planes
 * @height: rows of a plane
 * @width: numbers of a row
 * @data: the numbers, in the order channel, row, column
 */
struct face_tensor {
	int channels;
	int height;
	int width;
	float *data;
};

/**
 * face_net_open() - load a network
 * @net: out: the network
 * @onnx: contents of the model's file; not needed any more afterwards
 * @size: bytes of it
 *
 * Return: 0, -ENOMEM, or -ENOEXEC if OpenCV does not take it.
 */
int face_net_open(struct face_net **net, const void *onnx, size_t size);

/**
 * face_net_run() - run a network
 * @net: the network
 * @input: what goes in
 * @outputs: what comes out: each gets the output of its number of elements
 * @count: how many outputs; all must differ in size
 *
 * Return: 0, -ENOMEM, or -ENOEXEC if the model has no such in- and outputs, or
 * OpenCV cannot run it.
 */
int face_net_run(struct face_net *net, const struct face_tensor *input,
		 const struct face_tensor *outputs, unsigned int count);

void face_net_close(struct face_net *net);

/* What OpenCV says of the last -ENOEXEC of this thread. */
const char *face_net_message(void);

#ifdef __cplusplus
}
#endif

#endif /* FACE_NET_H */
