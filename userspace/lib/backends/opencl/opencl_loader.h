/* SPDX-License-Identifier: MIT */
/*
 * Part of opencl.h. OpenCL's own functions, of a loader that is looked for when it is
 * first needed: most machines have no device for it, and need not have the loader.
 */
#ifndef LIMEN_OPENCL_LOADER_H
#define LIMEN_OPENCL_LOADER_H

#define OPENCL_FUNCTIONS(has) \
	has(clBuildProgram) \
	has(clCreateBuffer) \
	has(clCreateCommandQueue) \
	has(clCreateContext) \
	has(clCreateKernel) \
	has(clCreateProgramWithSource) \
	has(clEnqueueFillBuffer) \
	has(clEnqueueNDRangeKernel) \
	has(clEnqueueReadBuffer) \
	has(clEnqueueWriteBuffer) \
	has(clFinish) \
	has(clFlush) \
	has(clGetDeviceIDs) \
	has(clGetDeviceInfo) \
	has(clGetMemObjectInfo) \
	has(clGetPlatformIDs) \
	has(clGetPlatformInfo) \
	has(clReleaseCommandQueue) \
	has(clReleaseContext) \
	has(clReleaseKernel) \
	has(clReleaseMemObject) \
	has(clReleaseProgram) \
	has(clSetKernelArg)

#define OPENCL_MEMBER(name) __typeof__(name) *name##_;

/* The functions of the loader, each under its name and a line. */
struct opencl_functions {
	OPENCL_FUNCTIONS(OPENCL_MEMBER)
};

#undef OPENCL_MEMBER

/* Valid once opencl_load() has said so. */
HIDDEN extern struct opencl_functions opencl_functions;

/* 0, or -ENODEV if there is no loader of OpenCL 1.2. From any thread. */
HIDDEN int opencl_load(void);

#define clBuildProgram opencl_functions.clBuildProgram_
#define clCreateBuffer opencl_functions.clCreateBuffer_
#define clCreateCommandQueue opencl_functions.clCreateCommandQueue_
#define clCreateContext opencl_functions.clCreateContext_
#define clCreateKernel opencl_functions.clCreateKernel_
#define clCreateProgramWithSource opencl_functions.clCreateProgramWithSource_
#define clEnqueueFillBuffer opencl_functions.clEnqueueFillBuffer_
#define clEnqueueNDRangeKernel opencl_functions.clEnqueueNDRangeKernel_
#define clEnqueueReadBuffer opencl_functions.clEnqueueReadBuffer_
#define clEnqueueWriteBuffer opencl_functions.clEnqueueWriteBuffer_
#define clFinish opencl_functions.clFinish_
#define clFlush opencl_functions.clFlush_
#define clGetDeviceIDs opencl_functions.clGetDeviceIDs_
#define clGetDeviceInfo opencl_functions.clGetDeviceInfo_
#define clGetMemObjectInfo opencl_functions.clGetMemObjectInfo_
#define clGetPlatformIDs opencl_functions.clGetPlatformIDs_
#define clGetPlatformInfo opencl_functions.clGetPlatformInfo_
#define clReleaseCommandQueue opencl_functions.clReleaseCommandQueue_
#define clReleaseContext opencl_functions.clReleaseContext_
#define clReleaseKernel opencl_functions.clReleaseKernel_
#define clReleaseMemObject opencl_functions.clReleaseMemObject_
#define clReleaseProgram opencl_functions.clReleaseProgram_
#define clSetKernelArg opencl_functions.clSetKernelArg_

#endif /* LIMEN_OPENCL_LOADER_H */
