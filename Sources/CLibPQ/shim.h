#ifndef GIFTBRIDGE_CLIBPQ_SHIM_H
#define GIFTBRIDGE_CLIBPQ_SHIM_H

// libpq's public C API. pkg-config's `libpq` gives the folder of this header.
#include <libpq-fe.h>

// What Swift cannot call directly: pthread's functions with C callbacks, dlsym, variadic prctl.
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

/// An event that wakes up a thread: its descriptor neither blocks nor is inherited by a child process; -1 with errno.
static inline int shim_event(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/// The calling thread, as a number that can be compared.
static inline uintptr_t shim_current_thread(void) {
    return (uintptr_t)pthread_self();
}

struct shim_thread {
    void (*_Nonnull body)(void *_Nonnull);
    void *_Nonnull context;
    char name[16];  // Linux keeps 15 characters and a NUL
};

static inline void *_Nullable shim_thread_main(void *_Nullable argument) {
    struct shim_thread thread = *(struct shim_thread *)argument;
    free(argument);
    // libpq sends with MSG_NOSIGNAL (its TLS too), but PQcancel's plain send() does not: a peer that hung up must
    // be an error here and not the end of the process.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
    prctl(PR_SET_NAME, thread.name);
    thread.body(thread.context);
    return NULL;
}

/// Starts a detached thread that calls `body(context)`. 0, or an errno.
static inline int shim_start_thread(const char *_Nonnull name, void (*_Nonnull body)(void *_Nonnull),
                                    void *_Nonnull context) {
    struct shim_thread *thread = malloc(sizeof *thread);
    if (thread == NULL) {
        return 12;  // ENOMEM
    }
    thread->body = body;
    thread->context = context;
    strncpy(thread->name, name, sizeof thread->name - 1);
    thread->name[sizeof thread->name - 1] = '\0';

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t id;
    int failure = pthread_create(&id, &attributes, shim_thread_main, thread);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
        free(thread);
    }
    return failure;
}

/// Whether bytes that were decrypted already wait inside OpenSSL, where poll() cannot see them.
///
/// libpq 15 reads one piece per PQconsumeInput and has no public call for this, so SSL_pending is looked up in the
/// libssl that libpq brought along. Without it (another TLS library, a static libpq) the answer is no.
static inline int shim_tls_pending(PGconn *_Nonnull connection) {
    if (!PQsslInUse(connection)) {
        return 0;
    }
    void *ssl = PQsslStruct(connection, "OpenSSL");
    if (ssl == NULL) {
        return 0;
    }
#ifndef RTLD_DEFAULT  // The C library names it in its GNU dialect only.
#define RTLD_DEFAULT ((void *)0)
#endif
    int (*pending)(const void *) = (int (*)(const void *))dlsym(RTLD_DEFAULT, "SSL_pending");
    return pending != NULL && pending(ssl) > 0;
}

#endif
