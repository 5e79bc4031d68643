/* Loaded before libc (LD_PRELOAD): lets one or every write from the Nth on fail below one folder, as a full or failing
   disk does, and moves the wall clock. FAULT_DIR, FAULT_AT (from 1; 0 only counts), FAULT_STAYS (1: all later ones fail
   too), FAULT_COUNT (file that takes the count at the end), FAULT_CLOCK (seconds added to the wall clock). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long seen;

static int below(const char *path) {
    const char *dir = getenv("FAULT_DIR");
    return dir && *dir && strncmp(path, dir, strlen(dir)) == 0;
}

static int counts(const char *path) {
    if (!below(path)) return 0;
    const char *at_text = getenv("FAULT_AT");
    long at = at_text ? atol(at_text) : 0, n = atomic_fetch_add(&seen, 1) + 1;
    int stays = getenv("FAULT_STAYS") != NULL;
    if (at > 0 && (n == at || (stays && n > at))) { errno = ENOSPC; return 1; }
    return 0;
}

static int fails(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, path, sizeof path - 1);
    if (got < 0) return 0;
    path[got] = 0;
    return counts(path);
}

__attribute__((destructor)) static void report(void) {
    const char *file = getenv("FAULT_COUNT");
    if (!file) return;
    FILE *out = fopen(file, "w");
    if (out) { fprintf(out, "%ld", atomic_load(&seen)); fclose(out); }
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *b, size_t n) { REAL(write); return fails(fd) ? -1 : real(fd, b, n); }
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(writev); return fails(fd) ? -1 : real(fd, v, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(pwrite); return fails(fd) ? -1 : real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(pwrite64); return fails(fd) ? -1 : real(fd, b, n, o); }
int fsync(int fd) { REAL(fsync); return fails(fd) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fails(fd) ? -1 : real(fd); }
int ftruncate(int fd, off_t n) { REAL(ftruncate); return fails(fd) ? -1 : real(fd, n); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); return fails(fd) ? -1 : real(fd, n); }
int rename(const char *a, const char *b) { REAL(rename); return counts(b) ? -1 : real(a, b); }

static long moved(void) { const char *by = getenv("FAULT_CLOCK"); return by ? atol(by) : 0; }

int clock_gettime(clockid_t which, struct timespec *t) {
    REAL(clock_gettime);
    int rc = real(which, t);
    if (rc == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) t->tv_sec += moved();
    return rc;
}
time_t time(time_t *t) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); if (t) *t = now.tv_sec; return now.tv_sec; }
int gettimeofday(struct timeval *t, void *z) {
    REAL(gettimeofday);
    int rc = real(t, z);
    if (rc == 0) t->tv_sec += moved();
    return rc;
}
