/* NumPy arrays between two protected pages, on memory full of 0xFF. A test tool.

   Each block that NumPy allocates while the handler is installed has pages of its own:

       [ protected page ] [ data pages ] [ protected page ]

   "after":  the block ends where the page behind begins. A read or a write past the end is a segmentation fault.
   "before": the block begins where the page in front ends, so the same holds for what lies in front of it.

   The block is never rounded to an alignment: in mode "after" its alignment is the largest power of two that divides
   its size, which is at least the element's. A block for an array without elements has one byte (NumPy asks for that).

   The rest of the data pages holds 0xFF and is looked at when the block is freed, so that writes on the side without
   a page next to the block are found too (late: the traceback shows the freeing, not the writing).
   Blocks of up to a page come from slots that are used again, which saves five system calls a block; a freed one is
   filled with 0xFF. Larger ones get their own mapping, with the header in the page in front.

   Fresh memory is 0xFF as well: NaN for floats, -1 for signed integers. calloc gives zeros, as it must. */

#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC 0x70656e6368616e74ULL

typedef struct {
    uint64_t magic;
    size_t size, pages;
} Header;

static uintptr_t page;
static unsigned long long allocated;

#define SLOTS 16384
static char *arena; /* page, slot 0, page, slot 1, page, ... */
static size_t slot_size[SLOTS], fresh_slots;
static int free_slot[SLOTS], free_slots;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static char *page_of_slot(int slot) { return arena + (2 * (size_t)slot + 1) * page; }

static int slot_of(const void *block)
{
    uintptr_t at = (uintptr_t)block, first = (uintptr_t)arena;
    return at < first || at >= first + (2 * SLOTS + 1) * page ? -1 : (int)((at - first) / page / 2);
}

/* The page of a free slot, full of 0xFF, or NULL where none is left. */
static char *take_slot(size_t size)
{
    pthread_mutex_lock(&turn);
    int slot = free_slots ? free_slot[--free_slots] : fresh_slots < SLOTS ? (int)fresh_slots++ : -1;
    int old = slot >= 0 && slot_size[slot];
    if (slot >= 0) slot_size[slot] = size;
    pthread_mutex_unlock(&turn);
    if (slot < 0) return NULL;
    char *data = page_of_slot(slot);
    if (!old) {
        if (mprotect(data, page, PROT_READ | PROT_WRITE)) return NULL;
        memset(data, 0xFF, page);
    }
    return data;
}

static char *take_mapping(size_t size, size_t pages)
{
    char *base = mmap(NULL, (pages + 2) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return NULL;
    *(Header *)base = (Header){MAGIC, size, pages};
    char *data = base + page;
    memset(data, 0xFF, pages * page);
    if (mprotect(base, page, PROT_NONE) || mprotect(data + pages * page, page, PROT_NONE)) {
        munmap(base, (pages + 2) * page);
        return NULL;
    }
    return data;
}

static void *take(void *after, size_t size, int fill)
{
    if (size > SIZE_MAX / 2) return NULL;
    if (size == 0) size = 1; /* so that every block starts on one of its data pages */
    size_t pages = size / page + (size % page != 0);
    char *data = pages == 1 ? take_slot(size) : NULL;
    if (!data) data = take_mapping(size, pages);
    if (!data) return NULL;
    char *block = after ? data + pages * page - size : data;
    if (fill == 0) memset(block, 0, size);
    allocated++;
    return block;
}

static void *guarded_malloc(void *after, size_t size) { return take(after, size, 0xFF); }

static void *guarded_calloc(void *after, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) return NULL;
    return take(after, count * size, 0);
}

static void stop(const char *what, const void *block)
{
    fprintf(stderr, "guarded memory: %s (block %p)\n", what, block);
    abort();
}

/* The header of a mapping, readable from now on. The block starts less than a page behind the header's page. */
static Header *header_of(const void *block)
{
    uintptr_t at = (uintptr_t)block;
    char *base = (char *)(at - at % page - page);
    if (mprotect(base, page, PROT_READ)) stop("freeing what was never allocated", block);
    Header *header = (Header *)base;
    if (header->magic != MAGIC) stop("the header of a block is damaged", block);
    return header;
}

/* Everything on the data pages but the block must be as it was. */
static void check(const char *block, size_t size, size_t pages)
{
    const char *first = block - (uintptr_t)block % page, *last = first + pages * page;
    for (const char *at = first; at < block; at++)
        if ((unsigned char)*at != 0xFF) stop("something wrote in front of an array", block);
    for (const char *at = block + size; at < last; at++)
        if ((unsigned char)*at != 0xFF) stop("something wrote behind an array", block);
}

static void guarded_free(void *after, void *block, size_t size)
{
    (void)after, (void)size; /* the size that was asked for is kept here */
    if (!block) return;
    int slot = slot_of(block);
    if (slot < 0) {
        Header *header = header_of(block);
        check(block, header->size, header->pages);
        munmap(header, (header->pages + 2) * page);
        return;
    }
    check(block, slot_size[slot], 1);
    memset(block, 0xFF, slot_size[slot]);
    pthread_mutex_lock(&turn);
    free_slot[free_slots++] = slot;
    pthread_mutex_unlock(&turn);
}

static void *guarded_realloc(void *after, void *block, size_t size)
{
    void *fresh = take(after, size, 0xFF);
    if (!block || !fresh) return fresh;
    int slot = slot_of(block);
    size_t old = slot < 0 ? header_of(block)->size : slot_size[slot];
    memcpy(fresh, block, old < size ? old : size);
    guarded_free(after, block, old);
    return fresh;
}

static PyDataMem_Handler handlers[2] = {
    {"penchant_guard_before", 1, {NULL, guarded_malloc, guarded_calloc, guarded_realloc, guarded_free}},
    {"penchant_guard_after", 1, {&page, guarded_malloc, guarded_calloc, guarded_realloc, guarded_free}},
};

static PyObject *install(PyObject *module, PyObject *mode)
{
    int after = PyUnicode_Check(mode) && PyUnicode_CompareWithASCIIString(mode, "after") == 0;
    if (!after && !(PyUnicode_Check(mode) && PyUnicode_CompareWithASCIIString(mode, "before") == 0))
        return PyErr_Format(PyExc_ValueError, "mode is \"before\" or \"after\"");
    PyObject *capsule = PyCapsule_New(&handlers[after], "mem_handler", NULL);
    if (!capsule) return NULL;
    PyObject *old = PyDataMem_SetHandler(capsule);
    Py_DECREF(capsule);
    if (!old) return NULL;
    Py_DECREF(old);
    Py_RETURN_NONE;
}

static PyObject *count(PyObject *module, PyObject *nothing) { return PyLong_FromUnsignedLongLong(allocated); }

static PyMethodDef methods[] = {
    {"install", install, METH_O, "Guard the arrays made in this thread's context from now on: \"before\" or \"after\"."},
    {"allocated", count, METH_NOARGS, "Number of blocks that were guarded so far."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "guarded", NULL, -1, methods};

PyMODINIT_FUNC PyInit_guarded(void)
{
    import_array();
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    arena = mmap(NULL, (2 * SLOTS + 1) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) return PyErr_NoMemory();
    return PyModule_Create(&definition);
}
