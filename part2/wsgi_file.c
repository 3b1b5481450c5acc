/* wsgi_file.c - the wrapper is an iterable that reads blocks; but where the
 * object is just a file of the system, nobody needs to read it. */
#include "wsgi_file.h"

#include <sys/stat.h>

enum { BLOCK_BYTES = 65536 };

struct wrapper {
    PyObject_HEAD
    PyObject *object; // with a method read()
    Py_ssize_t block_size;
};

static PyTypeObject wrapper_type;

/* --- What an application sees --- */

static PyObject *wrapper_new(PyTypeObject *type, PyObject *args,
                             PyObject *keywords)
{
    static char filelike[] = "filelike", blksize[] = "blksize";
    static char *names[] = {filelike, blksize, NULL};
    PyObject *object;
    Py_ssize_t block_size = BLOCK_BYTES;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|n:FileWrapper", names,
                                     &object, &block_size))
        return NULL;
    struct wrapper *wrapper = (struct wrapper *)type->tp_alloc(type, 0);
    if (!wrapper)
        return NULL;
    Py_INCREF(object);
    wrapper->object = object;
    wrapper->block_size = block_size;
    return (PyObject *)wrapper;
}

static int wrapper_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((struct wrapper *)self)->object);
    return 0;
}

static int wrapper_clear(PyObject *self)
{
    Py_CLEAR(((struct wrapper *)self)->object);
    return 0;
}

static void wrapper_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    wrapper_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *wrapper_next(PyObject *self)
{
    struct wrapper *wrapper = (struct wrapper *)self;
    PyObject *block =
        PyObject_CallMethod(wrapper->object, "read", "n", wrapper->block_size);
    if (block && PyObject_IsTrue(block) == 0)
        Py_CLEAR(block); // the end of the file
    return block;
}

/* PEP 3333: it has close() if the object has. */
static PyObject *wrapper_get_close(PyObject *self, void *unused)
{
    (void)unused;
    return PyObject_GetAttrString(((struct wrapper *)self)->object, "close");
}

static PyGetSetDef attributes[] = {
    {"close", wrapper_get_close, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject wrapper_type = {
    .ob_base = {PyObject_HEAD_INIT(NULL) 0},
    .tp_name = "wsgi.FileWrapper",
    .tp_basicsize = sizeof(struct wrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = wrapper_new,
    .tp_traverse = wrapper_traverse,
    .tp_clear = wrapper_clear,
    .tp_dealloc = wrapper_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = wrapper_next,
    .tp_getset = attributes,
};

PyObject *file_wrapper(void)
{
    return (PyObject *)&wrapper_type;
}

/* --- What the kernel can send --- */

/* Types whose read() gives the bytes of the file as they are. Others have a
 * fileno() as well, and yet their own ideas: gzip, say, or a text. */
static PyObject *plain_types; // a tuple; written at start-up

static int find_plain_types(void)
{
    PyObject *io = PyImport_ImportModule("io");
    if (!io)
        return -1;
    plain_types = Py_BuildValue("(NNN)", PyObject_GetAttrString(io, "FileIO"),
                                PyObject_GetAttrString(io, "BufferedReader"),
                                PyObject_GetAttrString(io, "BufferedRandom"));
    Py_DECREF(io);
    return plain_types ? 0 : -1;
}

static bool is_plain_file(PyObject *object)
{
    PyObject *type = (PyObject *)Py_TYPE(object);
    PyObject *file_io = PyTuple_GET_ITEM(plain_types, 0);
    if (type == file_io)
        return true;
    if (type != PyTuple_GET_ITEM(plain_types, 1) &&
        type != PyTuple_GET_ITEM(plain_types, 2))
        return false;
    PyObject *raw = PyObject_GetAttrString(object, "raw");
    bool is_file = raw && (PyObject *)Py_TYPE(raw) == file_io;
    Py_XDECREF(raw);
    return is_file;
}

/* What a method without arguments returns, a number; -1 if it raises. */
static int64_t ask(PyObject *object, const char *method)
{
    PyObject *answer = PyObject_CallMethod(object, method, NULL);
    int64_t number = answer ? PyLong_AsLongLong(answer) : -1;
    Py_XDECREF(answer);
    return number;
}

/* tell() is where the application is, whatever was read ahead of it; and what
 * it wrote, but nobody flushed, lies before that. */
static bool find_part(PyObject *object, struct file_part *part)
{
    if (!is_plain_file(object))
        return false;
    part->offset = ask(object, "tell");
    part->file = part->offset < 0 ? -1 : (int)ask(object, "fileno");
    struct stat about;
    if (part->file < 0 || fstat(part->file, &about) < 0 ||
        !S_ISREG(about.st_mode))
        return false;
    part->len = about.st_size > part->offset ? about.st_size - part->offset : 0;
    return true;
}

bool file_find_part(PyObject *iterable, struct file_part *part)
{
    if (Py_TYPE(iterable) != &wrapper_type)
        return false;
    bool found = find_part(((struct wrapper *)iterable)->object, part);
    PyErr_Clear(); // reading it will raise again
    return found;
}

int file_prepare(void)
{
    return PyType_Ready(&wrapper_type) < 0 ? -1 : find_plain_types();
}
