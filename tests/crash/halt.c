/* Halts git at one call: it says so with the file `there` and goes on once there is `go`. Loaded with LD_PRELOAD.
   HALT_CALL is open, rename or renamed (after it), HALT_NAME how the path ends, HALT_DIR where the two files are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_here(const char *call, const char *path) {
    const char *wanted = getenv("HALT_CALL"), *name = getenv("HALT_NAME");
    if (!wanted || !name || strcmp(call, wanted)) return 0;
    size_t whole = strlen(path), part = strlen(name);
    return whole >= part && !strcmp(path + whole - part, name);
}

static void halt(void) {
    char there[4096], go[4096];
    snprintf(there, sizeof there, "%s/there", getenv("HALT_DIR"));
    snprintf(go, sizeof go, "%s/go", getenv("HALT_DIR"));
    int fd = open(there, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0) return; /* Once is enough. */
    close(fd);
    while (access(go, F_OK)) usleep(1000);
}

int rename(const char *from, const char *to) {
    static int (*real)(const char *, const char *);
    if (!real) real = dlsym(RTLD_NEXT, "rename");
    if (is_here("rename", to)) halt();
    int done = real(from, to);
    if (is_here("renamed", to)) halt();
    return done;
}

#define OPENER(name)                                                                                \
    int name(const char *path, int flags, ...) {                                                    \
        static int (*real)(const char *, int, ...);                                                 \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                                  \
        mode_t mode = 0;                                                                            \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
        if ((flags & O_CREAT) && is_here("open", path)) halt();                                     \
        return real(path, flags, mode);                                                             \
    }
OPENER(open)
OPENER(open64)
