/*
 * Image directories as criu gets them: detached mounts, so that no path leads out of them.
 *
 * A descriptor of a plain host directory inside a cell would be a way out for whoever got hold of it ("..", openat).
 * open_tree(OPEN_TREE_CLONE) makes a mount whose root is the directory itself and which is attached nowhere.
 *
 * A criu that waits for any image must have its descriptor before the image is known. Each cell therefore has a slot,
 * an empty directory CELLS/ID in each image root, and the image moves into it at the wake: by one rename for an image
 * that is used once (which consumes it in the same step), by hard links for a template.
 */
#define _GNU_SOURCE
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_TREE_CLONE_FLAG 1
#define AT_EMPTY_PATH_FLAG 0x1000
#define MOUNT_ATTR_RDONLY_FLAG 1
#define MOUNT_ATTR_GUARD 0xE /* nosuid, nodev, noexec */

struct mount_attributes {
	uint64_t set, clear, propagation, userns_fd;
};

int image_dir_open(const char *path, bool writable)
{
	struct mount_attributes attributes = { .set = MOUNT_ATTR_GUARD | (writable ? 0 : MOUNT_ATTR_RDONLY_FLAG) };
	int error, fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE_FLAG | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH_FLAG, &attributes, sizeof(attributes))) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void slot_path(const struct keeper *k, int root, const char *sub, char *path, size_t size)
{
	snprintf(path, size, "%s/cells/%s%s", k->options.image_roots[root], k->options.id, sub);
}

int image_slot_open(struct keeper *k, struct injection *injection, char *reason)
{
	char path[700];
	int i;

	for (i = 0; i < IMAGE_ROOTS_MAX; i++) {
		injection->image_fds[i] = -1;
		if (!k->options.image_roots[i])
			continue;
		snprintf(path, sizeof(path), "%s/cells", k->options.image_roots[i]);
		mkdir(path, 0700);
		slot_path(k, i, "", path, sizeof(path));
		mkdir(path, 0700);
		injection->image_fds[i] = image_dir_open(path, false);
		if (injection->image_fds[i] < 0) {
			fail_text(reason, "cannot open the image slot %s: %s", path, strerror(errno));
			return -1;
		}
	}
	return 0;
}

static int link_files(const char *image, const char *slot)
{
	int error = 0, from = open(image, O_DIRECTORY | O_RDONLY | O_CLOEXEC), to;
	struct dirent *entry;
	DIR *dir;

	if (from < 0)
		return -1;
	if (mkdir(slot, 0700) || (to = open(slot, O_DIRECTORY | O_RDONLY | O_CLOEXEC)) < 0) {
		close(from);
		return -1;
	}
	dir = fdopendir(from);
	while (dir && !error && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && linkat(from, entry->d_name, to, entry->d_name, 0))
			error = errno;
	if (dir)
		closedir(dir);
	close(to);
	errno = error;
	return error ? -1 : 0;
}

int image_slot_fill(struct keeper *k, const char *image, bool consume, int *root, char *reason)
{
	char slot[700];
	int i;

	for (i = 0; i < IMAGE_ROOTS_MAX; i++) {
		size_t length = k->options.image_roots[i] ? strlen(k->options.image_roots[i]) : 0;

		if (!length || strncmp(image, k->options.image_roots[i], length) || image[length] != '/')
			continue;
		slot_path(k, i, "/image", slot, sizeof(slot));
		*root = i;
		if (consume ? rename(image, slot) == 0 : link_files(image, slot) == 0)
			return 0;
		fail_text(reason, "cannot take the image %s: %s", image, strerror(errno));
		return -1;
	}
	fail_text(reason, "the image %s lies in none of the image roots", image);
	return -1;
}

static void remove_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

void image_slot_clear(struct keeper *k)
{
	char path[700];
	int i;

	for (i = 0; i < IMAGE_ROOTS_MAX; i++) {
		if (!k->options.image_roots[i])
			continue;
		slot_path(k, i, "/image", path, sizeof(path));
		remove_directory(path);
		slot_path(k, i, "", path, sizeof(path));
		rmdir(path);
	}
}

/* A sleep image whose restore was prepared but never let run is still good: it returns to where it was taken from. */
void image_slot_give_back(struct keeper *k)
{
	char slot[700];
	int i;

	for (i = 0; i < IMAGE_ROOTS_MAX && k->prepared_from[0]; i++) {
		if (!k->options.image_roots[i])
			continue;
		slot_path(k, i, "/image", slot, sizeof(slot));
		rename(slot, k->prepared_from);
	}
	k->prepared_from[0] = '\0';
}
