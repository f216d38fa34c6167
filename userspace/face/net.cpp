// SPDX-License-Identifier: MIT
/*
 * The thin layer over OpenCV's dnn module. No exception leaves it.
 *
 * Outputs are wiped once they are copied. What the network keeps of an input in its
 * layers is overwritten by the next run only; a process that has seen a face
 * should end soon after (limen-gate gives each transit a process of its own).
 */
#include "net.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <unistd.h>

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include <limen-client.h>

struct face_net {
	cv::dnn::Net net;
	std::vector<cv::String> names;
};

/* Of the last failure. The thread that failed is the one that asks. */
static thread_local char message[256];

static void note(const char *what)
{
	const size_t length = strcspn(what, "\n");

	snprintf(message, sizeof(message), "%.*s", static_cast<int>(length),
		 what);
}

const char *face_net_message(void)
{
	return message;
}

/* An error is told by the caller; OpenCV would print to stderr as well. */
static int quiet(int, const char *, const char *text, const char *, int, void *)
{
	note(text);
	return 0;
}

static size_t elements(const struct face_tensor &tensor)
{
	return static_cast<size_t>(tensor.channels) * tensor.height *
	       tensor.width;
}

static int copy_output(const std::vector<cv::Mat> &results,
		       const struct face_tensor &output)
{
	for (const cv::Mat &result : results) {
		if (result.total() != elements(output) ||
		    result.type() != CV_32F || !result.isContinuous())
			continue;
		memcpy(output.data, result.data,
		       result.total() * sizeof(float));
		return 0;
	}
	note("its outputs are not those of the model that is expected");
	return -ENOEXEC;
}

static int failed(const std::exception &why)
{
	/* quiet() has noted what OpenCV itself says. */
	if (!message[0])
		note(why.what());
	return -ENOEXEC;
}

static void wipe(cv::Mat &mat)
{
	if (mat.isContinuous())
		limen_wipe(mat.data, mat.total() * mat.elemSize());
}

/*
 * What the environment would have OpenCV do: compute elsewhere, so that templates
 * differ, write files, or tell of itself on stdout, where our output goes.
 */
static void forget_settings()
{
	static const char prefix[] = "OPENCV_";
	std::vector<std::string> names;

	for (char **entry = environ; *entry; entry++)
		if (!strncmp(*entry, prefix, sizeof(prefix) - 1))
			names.emplace_back(*entry, strcspn(*entry, "="));
	for (const std::string &name : names)
		unsetenv(name.c_str());
	cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
}

int face_net_open(struct face_net **net, const void *onnx, size_t size)
{
	forget_settings();
	/*
	 * One thread: the networks are too small for two to pay, and a process
	 * without threads can fork.
	 */
	cv::setNumThreads(1);
	cv::redirectError(quiet);
	message[0] = '\0';
	*net = nullptr;
	try {
		*net = new face_net;
		(*net)->net = cv::dnn::readNetFromONNX(
			static_cast<const char *>(onnx), size);
		(*net)->net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
		(*net)->net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
		(*net)->names = (*net)->net.getUnconnectedOutLayersNames();
		return 0;
	} catch (const std::bad_alloc &) {
		face_net_close(*net);
		*net = nullptr;
		return -ENOMEM;
	} catch (const std::exception &why) {
		face_net_close(*net);
		*net = nullptr;
		return failed(why);
	}
}

int face_net_run(struct face_net *net, const struct face_tensor *input,
		 const struct face_tensor *outputs, unsigned int count)
{
	const int shape[4] = { 1, input->channels, input->height,
			       input->width };
	int err = 0;

	message[0] = '\0';
	try {
		cv::Mat blob(4, shape, CV_32F, input->data);
		std::vector<cv::Mat> results;

		net->net.setInput(blob);
		net->net.forward(results, net->names);
		for (unsigned int i = 0; i < count && !err; i++)
			err = copy_output(results, outputs[i]);
		for (cv::Mat &result : results)
			wipe(result);
		return err;
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const std::exception &why) {
		return failed(why);
	}
}

void face_net_close(struct face_net *net)
{
	delete net;
}
