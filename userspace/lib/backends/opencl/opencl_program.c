// SPDX-License-Identifier: MIT
/* The OpenCL kernels' program: built once, and then taken from a cache on disk. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opencl.h"

#define DIGEST 32
#define SIZE_MAX_CACHED (64u << 20)

/**
 * struct entry - the start of a file of the cache; the binary follows
 * @magic: ENTRY_MAGIC
 * @key: SHA-256 of all that the binary depends on
 * @size: of the binary
 * @sum: its SHA-256
 */
struct entry {
	char magic[8];
	uint8_t key[DIGEST];
	uint64_t size;
	uint8_t sum[DIGEST];
};

static const char ENTRY_MAGIC[8] = "LMCL0001";

static int digest(const void *data, size_t size, uint8_t sum[DIGEST])
{
	return EVP_Digest(data, size, sum, NULL, EVP_sha256(), NULL) ? 0 : -EIO;
}

static bool add_text(EVP_MD_CTX *md, const char *text)
{
	return EVP_DigestUpdate(md, text, strlen(text) + 1);
}

static bool add_device(EVP_MD_CTX *md, cl_device_id device, cl_device_info what)
{
	char text[1024] = "";

	return !clGetDeviceInfo(device, what, sizeof(text) - 1, text, NULL) &&
	       add_text(md, text);
}

static bool add_platform(EVP_MD_CTX *md, cl_device_id device,
			 cl_platform_info what)
{
	cl_platform_id platform;
	char text[1024] = "";

	return !clGetDeviceInfo(device, CL_DEVICE_PLATFORM,
				sizeof(cl_platform_id), &platform, NULL) &&
	       !clGetPlatformInfo(platform, what, sizeof(text) - 1, text,
				  NULL) &&
	       add_text(md, text);
}

static int make_key(const struct opencl *opencl, const char *options,
		    uint8_t key[DIGEST])
{
	cl_device_id device = opencl->device;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good;

	if (!md)
		return -ENOMEM;
	good = EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
	       add_text(md, opencl_source) && add_text(md, options) &&
	       add_platform(md, device, CL_PLATFORM_NAME) &&
	       add_platform(md, device, CL_PLATFORM_VERSION) &&
	       add_device(md, device, CL_DEVICE_NAME) &&
	       add_device(md, device, CL_DEVICE_VENDOR) &&
	       add_device(md, device, CL_DEVICE_VERSION) &&
	       add_device(md, device, CL_DRIVER_VERSION) &&
	       EVP_DigestFinal_ex(md, key, NULL);
	EVP_MD_CTX_free(md);
	return good ? 0 : -EIO;
}

/* What is run comes from nobody but this user. */
static bool ours(const struct stat *status)
{
	return status->st_uid == geteuid() && !(status->st_mode & 022);
}

/* Creates what is missing of a path, for this user alone. */
static int make_folders(char *path)
{
	struct stat status;
	char *at = path;

	do {
		at = strchrnul(at + 1, '/');
		char rest = *at;

		*at = '\0';
		if (mkdir(path, 0700) && errno != EEXIST) {
			*at = rest;
			return -errno;
		}
		*at = rest;
	} while (*at);
	if (lstat(path, &status))
		return -errno;
	return S_ISDIR(status.st_mode) && ours(&status) ? 0 : -EPERM;
}

/* The file for this key, in a folder that exists. */
static int cache_path(const uint8_t key[DIGEST], char *path, size_t size)
{
	const char *cache = secure_getenv("XDG_CACHE_HOME");
	const char *home = secure_getenv("HOME");
	int error, used, i;

	if (cache && *cache == '/')
		used = snprintf(path, size, "%s/limen/opencl", cache);
	else if (home && *home == '/')
		used = snprintf(path, size, "%s/.cache/limen/opencl", home);
	else
		return -ENOENT;
	if (used + 2 * DIGEST + 2 > (int)size)
		return -ENAMETOOLONG;
	error = make_folders(path);
	path[used++] = '/';
	for (i = 0; i < DIGEST; i++)
		used += sprintf(path + used, "%02x", key[i]);
	return error;
}

static int read_entry(int fd, const uint8_t key[DIGEST], uint8_t **binary,
		      size_t *size)
{
	uint8_t sum[DIGEST];
	struct stat status;
	struct entry entry;
	int error;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode) || !ours(&status))
		return -EPERM;
	error = file_read(fd, &entry, sizeof(entry));
	if (error)
		return error;
	if (memcmp(entry.magic, ENTRY_MAGIC, sizeof(entry.magic)) ||
	    memcmp(entry.key, key, DIGEST) || entry.size > SIZE_MAX_CACHED ||
	    entry.size + sizeof(entry) != (uint64_t)status.st_size)
		return -EUCLEAN;
	*size = entry.size;
	*binary = malloc(*size);
	if (!*binary)
		return -ENOMEM;
	error = file_read(fd, *binary, *size);
	if (!error)
		error = digest(*binary, *size, sum);
	if (!error && memcmp(sum, entry.sum, DIGEST))
		error = -EUCLEAN;
	if (error)
		free(*binary);
	return error;
}

static int load(const char *path, const uint8_t key[DIGEST], uint8_t **binary,
		size_t *size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = read_entry(fd, key, binary, size);
	close(fd);
	return error;
}

static void save(const struct opencl *opencl, const char *path,
		 const uint8_t key[DIGEST])
{
	struct entry entry = {};
	struct iovec parts[2] = {
		{ &entry, sizeof(entry) },
		{},
	};
	uint8_t *binary;
	size_t size = 0;

	if (clGetProgramInfo(opencl->program, CL_PROGRAM_BINARY_SIZES,
			     sizeof(size), &size, NULL) ||
	    !size || size > SIZE_MAX_CACHED)
		return;
	binary = malloc(size);
	if (!binary)
		return;
	memcpy(entry.magic, ENTRY_MAGIC, sizeof(entry.magic));
	memcpy(entry.key, key, DIGEST);
	entry.size = size;
	parts[1] = (struct iovec){ binary, size };
	if (!clGetProgramInfo(opencl->program, CL_PROGRAM_BINARIES,
			      sizeof(binary), &binary, NULL) &&
	    !digest(binary, size, entry.sum))
		file_replace(path, parts, 2, 0600, 0);
	free(binary);
}

static void discard(struct opencl *opencl)
{
	if (opencl->program)
		clReleaseProgram(opencl->program);
	opencl->program = NULL;
}

/* Builds the program that there is if creating it went well, or drops it. */
static int build(struct opencl *opencl, cl_int status, const char *options)
{
	if (!status)
		status = clBuildProgram(opencl->program, 1, &opencl->device,
					options, NULL, NULL);
	if (status)
		discard(opencl);
	return opencl_error(status);
}

static int build_binary(struct opencl *opencl, const char *options,
			const uint8_t *binary, size_t size)
{
	cl_int status, accepted = CL_SUCCESS;

	opencl->program = clCreateProgramWithBinary(opencl->context, 1,
						    &opencl->device, &size,
						    &binary, &accepted,
						    &status);
	return build(opencl, status ?: accepted, options);
}

static int build_source(struct opencl *opencl, const char *options)
{
	const char *source = opencl_source;
	cl_int status;

	opencl->program = clCreateProgramWithSource(opencl->context, 1, &source,
						    NULL, &status);
	return build(opencl, status, options);
}

static int load_binary(struct opencl *opencl, const char *options)
{
	uint8_t key[DIGEST], *binary = NULL;
	char path[PATH_MAX];
	size_t size = 0;
	int error;

	error = make_key(opencl, options, key);
	if (!error)
		error = cache_path(key, path, sizeof(path));
	if (!error)
		error = load(path, key, &binary, &size);
	if (error)
		return error;
	error = build_binary(opencl, options, binary, size);
	free(binary);
	return error;
}

int opencl_build(struct opencl *opencl, const char *options)
{
	opencl->cached = !load_binary(opencl, options);
	return opencl->cached ? 0 : build_source(opencl, options);
}

void opencl_keep(const struct opencl *opencl, const char *options)
{
	uint8_t key[DIGEST];
	char path[PATH_MAX];

	if (!opencl->cached && !make_key(opencl, options, key) &&
	    !cache_path(key, path, sizeof(path)))
		save(opencl, path, key);
}
