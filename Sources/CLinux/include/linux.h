#ifndef GIFTBRIDGE_CLINUX_H
#define GIFTBRIDGE_CLINUX_H

// What Swift's Glibc module leaves out, for the benchmark. Linux only.
#include <stddef.h>

/// Makes an epoll. Its descriptor, or -1 with errno.
int linux_epoll_make(void);

/// Watches a descriptor for input, level-triggered. 0, or -1 with errno.
int linux_epoll_watch(int epoll, int descriptor);

/// Watches a descriptor no more.
void linux_epoll_forget(int epoll, int descriptor);

/// Waits until descriptors have input, `nanoseconds` have passed (-1: for ever), or a signal came. How many descriptors were
/// written to `ready`, or -1 with errno. epoll itself counts in milliseconds only.
int linux_epoll_wait(int epoll, int *_Nonnull ready, int capacity, long long nanoseconds);

/// The offset of the first `needle` in `text`, or -1.
ptrdiff_t linux_find(const void *_Nonnull text, size_t length, const char *_Nonnull needle);

/// Whether a file is on tmpfs, where nothing reaches a disk.
int linux_is_in_memory(const char *_Nonnull path);

/// CLOCK_MONOTONIC in nanoseconds: one clock for all processes of the machine.
long long linux_now(void);

#endif
