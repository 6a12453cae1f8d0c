/* Preloaded into a program, makes one of its calls fail: the FAIL_AT-th FAIL_CALL (write, sync or open)
   on a file under FAIL_UNDER, with the error FAIL_WITH. The file FAIL_TOLD then says which. "half" is
   a write of which only half gets onto the disk, which is then full: the next write fails, and what
   was written cannot be cut off again. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static atomic_long seen;
static atomic_int is_full;

static const char *path_of(int file, char *room) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, room, PATH_MAX);
    room[length > 0 ? length : 0] = 0;
    return room;
}

static int fails(const char *call, const char *path) {
    const char *wanted = getenv("FAIL_CALL"), *under = getenv("FAIL_UNDER");
    if (!wanted || !under || strcmp(wanted, call) != 0)
        return 0;
    /* The program is in that folder, so a relative name is one of a file there. */
    if (path[0] == '/' && strncmp(path, under, strlen(under)) != 0)
        return 0;
    if (atomic_fetch_add(&seen, 1) + 1 != atol(getenv("FAIL_AT")))
        return 0;
    int told = REAL(open)(getenv("FAIL_TOLD"), O_CREAT | O_WRONLY, 0600);
    if (told >= 0) {
        (void)!REAL(write)(told, path, strlen(path));
        close(told);
    }
    errno = atoi(getenv("FAIL_WITH"));
    return 1;
}

static int file_fails(const char *call, int file) {
    char room[PATH_MAX + 1];
    /* Else it is a pipe, a socket or the like. */
    return path_of(file, room)[0] == '/' && fails(call, room);
}

static int is_ours(int file) {
    char room[PATH_MAX + 1];
    const char *under = getenv("FAIL_UNDER");
    return under && strncmp(path_of(file, room), under, strlen(under)) == 0;
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (file_fails("write", file))
        return -1;
    if (atomic_load(&is_full) && is_ours(file)) {
        atomic_store(&is_full, 0);
        errno = atoi(getenv("FAIL_WITH"));
        return -1;
    }
    if (file_fails("half", file)) {
        atomic_store(&is_full, 1);
        count /= 2;
    }
    return REAL(write)(file, bytes, count);
}

int ftruncate64(int file, off64_t length) {
    const char *call = getenv("FAIL_CALL");
    if (call && strcmp(call, "half") == 0 && atomic_load(&seen) >= atol(getenv("FAIL_AT")) && is_ours(file)) {
        errno = EIO;
        return -1;
    }
    return REAL(ftruncate64)(file, length);
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    return file_fails("write", file) ? -1 : REAL(writev)(file, pieces, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return file_fails("write", file) ? -1 : REAL(pwrite64)(file, bytes, count, at);
}

int fsync(int file) {
    return file_fails("sync", file) ? -1 : REAL(fsync)(file);
}

int fdatasync(int file) {
    return file_fails("sync", file) ? -1 : REAL(fdatasync)(file);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return fails("open", path) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return fails("open", path) ? -1 : REAL(open64)(path, flags, mode);
}
