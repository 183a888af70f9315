#ifndef GIFTBRIDGE_CLINUX_SHIM_H
#define GIFTBRIDGE_CLINUX_SHIM_H

// What Swift's Glibc module leaves out, for the benchmark. Linux only.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/statfs.h>
#include <time.h>

/// Watches a descriptor for input, level-triggered. 0, or -1 with errno.
static inline int shim_epoll_watch(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/// Watches a descriptor no more.
static inline void shim_epoll_forget(int epoll, int descriptor) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

/// Waits until descriptors have input, `nanoseconds` have passed (-1: for ever), or a signal came. How many descriptors were
/// written to `ready`, or -1 with errno. epoll itself counts in milliseconds only.
static inline int shim_epoll_wait(int epoll, int *_Nonnull ready, int capacity, long long nanoseconds) {
    struct epoll_event events[256];
    if (capacity > 256) {
        capacity = 256;
    }
    if (nanoseconds > 0) {
        struct pollfd self = {.fd = epoll, .events = POLLIN, .revents = 0};
        struct timespec wait = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
        if (ppoll(&self, 1, &wait, NULL) < 0) {
            return -1;
        }
        nanoseconds = 0;
    }
    int count = epoll_wait(epoll, events, capacity, nanoseconds < 0 ? -1 : 0);
    for (int i = 0; i < count; i++) {
        ready[i] = events[i].data.fd;
    }
    return count;
}

/// The offset of the first `needle` in `text`, or -1.
static inline ptrdiff_t shim_find(const void *_Nonnull text, size_t length, const char *_Nonnull needle) {
    const char *found = (const char *)memmem(text, length, needle, strlen(needle));
    return found == NULL ? -1 : found - (const char *)text;
}

/// Whether a file is on tmpfs, where nothing reaches a disk.
static inline int shim_is_in_memory(const char *_Nonnull path) {
    struct statfs system;
    return statfs(path, &system) == 0 && system.f_type == 0x01021994;
}

/// CLOCK_MONOTONIC in nanoseconds: one clock for all processes of the machine.
static inline long long shim_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif
