#define _GNU_SOURCE
#include "linux.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/statfs.h>
#include <time.h>

int linux_epoll_make(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

int linux_epoll_watch(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

void linux_epoll_forget(int epoll, int descriptor) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

int linux_epoll_wait(int epoll, int *ready, int capacity, long long nanoseconds) {
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

ptrdiff_t linux_find(const void *text, size_t length, const char *needle) {
    const char *found = (const char *)memmem(text, length, needle, strlen(needle));
    return found == NULL ? -1 : found - (const char *)text;
}

int linux_is_in_memory(const char *path) {
    struct statfs system;
    return statfs(path, &system) == 0 && system.f_type == 0x01021994;
}

long long linux_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}
