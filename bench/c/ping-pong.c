/*
 * The floor under every round trip of vfio-user: two processes that send each other as many bytes as a 4-byte REGION_READ and its reply have,
 * over a stream socket of AF_UNIX, and do nothing else. For each line "blocking COUNT OWN OTHER" or "spinning COUNT OWN OTHER" on standard input it
 * makes that many round trips, the one process bound to processor OWN and the one that answers to OTHER, and prints the median and the 99th percentile
 * in nanoseconds. A blocking process sleeps in recv, a spinning one asks again and again whether something is there. bench/round-trip asks for short
 * rounds in turn with those of the library.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST = 32, REPLY = 36, WARM_UP = 200, MOST = 1000000 };

static void fail(const char *what)
{
    fprintf(stderr, "ping-pong: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void bind_to(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fail("sched_setaffinity");
}

/* Takes a whole message; returns 0 where the other side has closed. */
static int take(int fd, char *bytes, size_t length, int flags)
{
    for (size_t got = 0; got < length;) {
        ssize_t n = recv(fd, bytes + got, length - got, flags);
        if (n == 0)
            return 0;
        if (n > 0)
            got += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR)
            fail("recv");
    }
    return 1;
}

static void give(int fd, const char *bytes, size_t length)
{
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("send");
}

static void answer(int fd, int flags)
{
    char request[REQUEST], reply[REPLY] = { 0 };
    while (take(fd, request, sizeof request, flags))
        give(fd, reply, sizeof reply);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void round_trips(int count, int flags, int own, int other, int64_t *times)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        fail("socketpair");
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        close(pair[0]);
        bind_to(other);
        answer(pair[1], flags);
        _exit(0);
    }
    close(pair[1]);
    bind_to(own);

    char request[REQUEST] = { 0 }, reply[REPLY];
    for (int i = -WARM_UP; i < count; i++) {
        int64_t begin = now();
        give(pair[0], request, sizeof request);
        if (!take(pair[0], reply, sizeof reply, flags))
            fail("the other process has closed");
        if (i >= 0)
            times[i] = now() - begin;
    }
    close(pair[0]);
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        fail("the other process has failed");

    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%lld %lld\n", (long long)times[count / 2], (long long)times[(int64_t)count * 99 / 100]);
    fflush(stdout);
}

int main(void)
{
    static int64_t times[MOST];
    char mode[16];
    int count, own, other;
    while (scanf("%15s %d %d %d", mode, &count, &own, &other) == 4) {
        int blocks = strcmp(mode, "blocking") == 0;
        if ((!blocks && strcmp(mode, "spinning") != 0) || count < 1 || count > MOST || own < 0 || own >= CPU_SETSIZE || other < 0 || other >= CPU_SETSIZE) {
            fprintf(stderr, "ping-pong: a line is \"blocking COUNT OWN OTHER\" or \"spinning COUNT OWN OTHER\": 1 to %d round trips, two processors.\n", MOST);
            return 2;
        }
        round_trips(count, blocks ? 0 : MSG_DONTWAIT, own, other, times);
    }
    return 0;
}
