/* Fails or kills a process at its n-th call that changes files below a directory. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { COUNT, KILL, FULL, BROKEN };
static char root[4096];
static long calls, at;
static int how = COUNT, armed;

__attribute__((constructor)) static void start(void) { unsetenv("LD_PRELOAD"); }

void fault_arm(const char *directory, long when, int what) {
    strncpy(root, directory, sizeof root - 1);
    calls = 0, at = when, how = what, armed = 1;
}

long fault_calls(void) { return calls; }

static int below(const char *path) {
    return armed && path && strncmp(path, root, strlen(root)) == 0;
}

static int fd_below(int fd) {
    char link[64], path[4096];
    if (!armed) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return below(path);
}

static void die(void) { kill(getpid(), SIGKILL); pause(); }

/* Whether this call fails; takes_space: a full disk refuses it, and every later one of its kind. */
static int fails(int takes_space) {
    long n = __sync_add_and_fetch(&calls, 1);
    if (how == KILL && n == at) die();
    if (how == BROKEN && n == at) { errno = EIO; return 1; }
    if (how == FULL && n >= at && takes_space) { errno = ENOSPC; return 1; }
    return 0;
}

#define WRITER(name, params, args, fd, size)                                                       \
    ssize_t name params {                                                                          \
        static ssize_t(*real) params;                                                              \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                                 \
        if (fd_below(fd)) {                                                                        \
            long next = calls + 1;                                                                 \
            if (how == KILL && next == at && size > 1) { size_t whole = size; size = whole / 2; real args; die(); } \
            if (fails(1)) return -1;                                                               \
        }                                                                                          \
        return real args;                                                                          \
    }
WRITER(write, (int fd, const void *data, size_t size), (fd, data, size), fd, size)
WRITER(pwrite, (int fd, const void *data, size_t size, off_t where), (fd, data, size, where), fd, size)
WRITER(pwrite64, (int fd, const void *data, size_t size, off64_t where), (fd, data, size, where), fd, size)

#define ON_FD(name, params, args, space)                                                           \
    int name params {                                                                              \
        static int(*real) params;                                                                  \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                                 \
        if (fd_below(fd) && fails(space)) return -1;                                               \
        return real args;                                                                          \
    }
ON_FD(fsync, (int fd), (fd), 1)
ON_FD(fdatasync, (int fd), (fd), 1)
ON_FD(ftruncate, (int fd, off_t size), (fd, size), 0)
ON_FD(ftruncate64, (int fd, off64_t size), (fd, size), 0)

#define ON_PATH(name, params, args, path, space)                                                   \
    int name params {                                                                              \
        static int(*real) params;                                                                  \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                                 \
        if (below(path) && fails(space)) return -1;                                                \
        return real args;                                                                          \
    }
ON_PATH(rename, (const char *from, const char *to), (from, to), to, 0)
ON_PATH(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), to, 0)
ON_PATH(link, (const char *from, const char *to), (from, to), to, 1)
ON_PATH(linkat, (int a, const char *from, int b, const char *to, int f), (a, from, b, to, f), to, 1)
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode), path, 1)
ON_PATH(unlink, (const char *path), (path), path, 0)
ON_PATH(rmdir, (const char *path), (path), path, 0)

#define OPENER(name)                                                                               \
    int name(const char *path, int flags, ...) {                                                   \
        static int (*real)(const char *, int, ...);                                                \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                                 \
        mode_t mode = 0;                                                                           \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
        if ((flags & O_CREAT) && below(path) && fails(1)) return -1;                               \
        return real(path, flags, mode);                                                            \
    }
OPENER(open)
OPENER(open64)
#define OPENER_AT(name)                                                                            \
    int name(int directory, const char *path, int flags, ...) {                                    \
        static int (*real)(int, const char *, int, ...);                                           \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                                 \
        mode_t mode = 0;                                                                           \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
        if ((flags & O_CREAT) && below(path) && fails(1)) return -1;                               \
        return real(directory, path, flags, mode);                                                 \
    }
OPENER_AT(openat)
OPENER_AT(openat64)
