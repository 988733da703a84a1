#pragma once
#include <curl/curl.h>
/* What Glibc's module leaves out and the network thread waits with. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* Swift cannot call variadic functions: one wrapper for each type of argument. */

typedef size_t (*curl_lines_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_lines_callback(CURL *handle, CURLoption option, curl_lines_callback value) {
    return curl_easy_setopt(handle, option, value);
}

typedef curl_socket_t (*curl_open_socket_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode curl_set_open_socket_callback(CURL *handle, curl_open_socket_callback value) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}

typedef int (*curl_prerequest_callback)(void *context, char *remote, char *local, int remote_port, int local_port);

static inline CURLcode curl_set_prerequest_callback(CURL *handle, curl_prerequest_callback value) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, value);
}

static inline CURLcode curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_socket(CURL *handle, CURLINFO info, curl_socket_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_string(CURL *handle, CURLINFO info, char **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* CURLMsg keeps its result in a union. */
static inline CURLcode curl_message_result(const CURLMsg *message) {
    return message->data.result;
}
