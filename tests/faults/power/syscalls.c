/* What a program asks of the disk, written down: preloaded, it logs every change below $CUT_FOLDER
 * to $CUT_LOG, in order, with its bytes. Only what succeeded is logged. The log is
 *   op (1 byte), fd (int32), offset or size (int64), length (uint32), then the bytes or the names
 * as tests/faults/power/disk.py reads it. Memory maps are not logged: SQLite maps only its index of
 * the log (-shm), which it makes anew after a cut. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FDS 4096

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static int log_fd = -1;
static char watched[FDS];

__attribute__((constructor)) static void begin(void)
{
    folder = getenv("CUT_FOLDER");
    log_fd = syscall(SYS_openat, AT_FDCWD, getenv("CUT_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int is_ours(const char *path)
{
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static int is_watched(int fd) { return fd >= 0 && fd < FDS && watched[fd]; }

static void put(const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        long n = syscall(SYS_write, log_fd, (const char *)bytes + done, length - done);
        if (n < 0) abort();
        done += n;
    }
}

static void note(char op, int32_t fd, int64_t at, const void *bytes, uint32_t length)
{
    int kept = errno;
    pthread_mutex_lock(&turn);
    put(&op, 1), put(&fd, 4), put(&at, 8), put(&length, 4), put(bytes, length);
    pthread_mutex_unlock(&turn);
    errno = kept;
}

static int opened(int fd, const char *path, int flags)
{
    if (fd < 0 || fd >= FDS) return fd;
    watched[fd] = is_ours(path) && fd != log_fd;
    if (watched[fd]) note('O', fd, (flags & O_TRUNC) != 0, path, strlen(path));
    return fd;
}

#define OPEN(name)                                                       \
    int name(const char *path, int flags, ...)                           \
    {                                                                    \
        REAL(name);                                                      \
        va_list rest;                                                    \
        va_start(rest, flags);                                           \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                    \
        return opened(real(path, flags, mode), path, flags);             \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    REAL(close);
    if (is_watched(fd)) note('C', fd, 0, "", 0), watched[fd] = 0;
    return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    REAL(write);
    ssize_t done = real(fd, bytes, length);
    if (done > 0 && is_watched(fd)) note('W', fd, lseek(fd, 0, SEEK_CUR) - done, bytes, done);
    return done;
}

#define PWRITE(name, offset)                                             \
    ssize_t name(int fd, const void *bytes, size_t length, offset at)    \
    {                                                                    \
        REAL(name);                                                      \
        ssize_t done = real(fd, bytes, length, at);                      \
        if (done > 0 && is_watched(fd)) note('W', fd, at, bytes, done);  \
        return done;                                                     \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, offset)                                           \
    int name(int fd, offset size)                                        \
    {                                                                    \
        REAL(name);                                                      \
        int failed = real(fd, size);                                     \
        if (!failed && is_watched(fd)) note('T', fd, size, "", 0);       \
        return failed;                                                   \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ALLOCATE(name, offset)                                           \
    int name(int fd, offset at, offset length)                           \
    {                                                                    \
        REAL(name);                                                      \
        int failed = real(fd, at, length);                               \
        if (!failed && is_watched(fd)) note('T', fd, at + length, "", 0); \
        return failed;                                                   \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

#define SYNC(name)                                                       \
    int name(int fd)                                                     \
    {                                                                    \
        REAL(name);                                                      \
        int failed = real(fd);                                           \
        if (!failed && is_watched(fd)) note('S', fd, 0, "", 0);          \
        return failed;                                                   \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path)
{
    REAL(unlink);
    int failed = real(path);
    if (!failed && is_ours(path)) note('U', -1, 0, path, strlen(path));
    return failed;
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    int failed = real(from, to);
    if (!failed && is_ours(to)) {
        note('R', -1, 0, from, strlen(from));
        note('r', -1, 0, to, strlen(to));
    }
    return failed;
}
