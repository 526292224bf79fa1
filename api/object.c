/*
 * -object kvm390-api: the door to the KVM API
 *
 * path=PATH listens on a socket that only its owner may use; fd=N takes a
 * connected socket that the parent process left open. The second is how a
 * client starts a VM of its own: such a VM ends with that connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "mode.h"
#include "server.h"
#include "session.h"
#include "watch.h"
#include "io/net-listener.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qom/object_interfaces.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "system/system.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/compat.h"

#define TYPE_KVM390_API "kvm390-api"
OBJECT_DECLARE_SIMPLE_TYPE(Kvm390Api, KVM390_API)

struct Kvm390Api {
    Object parent_obj;

    char *path;
    int64_t fd;
    QIONetListener *listener;
    Notifier ready;
    Error **errp;           /* of an object that is added to a machine */
    Kvm390Server server;
};

static void client_accepted(QIONetListener *listener, QIOChannelSocket *ioc,
                            gpointer opaque)
{
    Kvm390Api *api = opaque;
    Kvm390Session *s;
    int fd;

    if (kvm390_server_full(&api->server)) {
        kvm390_server_complain(&api->server, "refusing a connection: too many");
        return;
    }
    fd = fcntl(ioc->fd, F_DUPFD_CLOEXEC, 0);
    s = fd < 0 ? NULL : kvm390_session_new(&api->server, fd);
    if (!s) {
        kvm390_server_complain(&api->server,
                               "refusing a connection: no room for it");
        close(fd);
    } else if (kvm390_session_start(s)) {
        kvm390_server_complain(&api->server,
                               "refusing a connection: no thread for it");
        kvm390_session_free(s);
    }
}

/* The client that the VM belongs to. */
static void serve_client(Kvm390Api *api, Error **errp)
{
    Kvm390Session *s = kvm390_session_new(&api->server, api->fd);
    int ret;

    if (!s) {
        error_setg(errp, "fd is not a connected UNIX stream socket");
        return;
    }
    ret = kvm390_mode->watch_client(&api->server, api->fd);
    ret = ret ? ret : kvm390_session_start(s);
    if (ret) {
        error_setg_errno(errp, -ret, "cannot serve fd");
        kvm390_session_free(s);
    }
}

static bool listen_on(Kvm390Api *api, Error **errp)
{
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_UNIX,
        .u.q_unix.path = api->path,
    };
    mode_t before;
    int ret;

    api->listener = qio_net_listener_new();
    qio_net_listener_set_name(api->listener, "kvm390-api-listener");
    /* Created for the owner only, before anyone can connect. */
    before = umask(0177);
    ret = qio_net_listener_open_sync(api->listener, &addr, 8, errp);
    umask(before);
    if (ret < 0) {
        return false;
    }
    qio_net_listener_set_client_func(api->listener, client_accepted, api, NULL);
    return true;
}

/* The machine is there: let clients in. */
static void machine_ready(Notifier *notifier, void *data)
{
    Kvm390Api *api = container_of(notifier, Kvm390Api, ready);
    Error *err = NULL;

    if (!kvm390_enabled()) {
        error_setg(&err, "kvm390-api needs -accel kvm390");
    } else if (api->path) {
        listen_on(api, &err);
    } else {
        serve_client(api, &err);
    }
    if (!err) {
        return;
    }
    if (api->errp) {
        error_propagate(api->errp, err);
    } else {
        error_report_err(err);
        exit(1);
    }
}

static void api_complete(UserCreatable *uc, Error **errp)
{
    Kvm390Api *api = KVM390_API(uc);

    if (!api->path == (api->fd < 0)) {
        error_setg(errp, "kvm390-api needs either a path or an fd");
        return;
    }
    api->ready.notify = machine_ready;
    api->errp = errp;
    qemu_add_machine_init_done_notifier(&api->ready);
    api->errp = NULL; /* if it is still to come, QEMU starts with it or not */
}

static char *get_path(Object *obj, Error **errp)
{
    return g_strdup(KVM390_API(obj)->path);
}

static void set_path(Object *obj, const char *value, Error **errp)
{
    g_free(KVM390_API(obj)->path);
    KVM390_API(obj)->path = g_strdup(value);
}

static char *get_fd(Object *obj, Error **errp)
{
    return g_strdup_printf("%" PRId64, KVM390_API(obj)->fd);
}

static void set_fd(Object *obj, const char *value, Error **errp)
{
    if (qemu_strtoi64(value, NULL, 10, &KVM390_API(obj)->fd) ||
        KVM390_API(obj)->fd < 0 || KVM390_API(obj)->fd > INT_MAX) {
        error_setg(errp, "fd must be the number of an open socket");
    }
}

static void api_init(Object *obj)
{
    Kvm390Api *api = KVM390_API(obj);

    api->fd = -1;
    kvm390_server_init(&api->server, obj);
}

/* No new clients, and the present ones see the end of their connection. */
static void api_unparent(Object *obj)
{
    Kvm390Api *api = KVM390_API(obj);

    kvm390_server_close(&api->server);
    if (api->ready.notify) {
        qemu_remove_machine_init_done_notifier(&api->ready);
    }
    if (api->listener) {
        qio_net_listener_disconnect(api->listener);
        object_unref(OBJECT(api->listener));
        api->listener = NULL;
        if (api->path) {
            unlink(api->path);
        }
    }
    kvm390_server_end_sessions(&api->server);
}

static void api_finalize(Object *obj)
{
    Kvm390Api *api = KVM390_API(obj);

    kvm390_server_destroy(&api->server);
    g_free(api->path);
}

static void api_class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    USER_CREATABLE_CLASS(oc)->complete = api_complete;
    oc->unparent = api_unparent;
    object_class_property_add_str(oc, "path", get_path, set_path);
    object_class_property_set_description(oc, "path",
        "Socket to listen on; only the owner may connect");
    object_class_property_add_str(oc, "fd", get_fd, set_fd);
    object_class_property_set_description(oc, "fd",
        "Number of a connected socket, inherited from the parent process");
}

static const TypeInfo api_type = {
    .name = TYPE_KVM390_API,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Kvm390Api),
    .instance_init = api_init,
    .instance_finalize = api_finalize,
    .class_init = api_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_USER_CREATABLE },
        { }
    },
};

static void register_types(void)
{
    type_register_static(&api_type);
}

type_init(register_types)
