#define _GNU_SOURCE
#include "elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const symbol_names[SYM_COUNT] = { "RAND_poll",		"RAND_get0_primary", "EVP_RAND_uninstantiate", "RAND_DRBG_get0_master",
						     "RAND_DRBG_uninstantiate", "RAND_bytes",	     "RAND_priv_bytes" };

struct image {
	const unsigned char *data;
	size_t size;
};

static bool inside(const struct image *image, uint64_t offset, uint64_t size)
{
	return offset <= image->size && size <= image->size - offset;
}

static int symbol_index(const char *name)
{
	int i;

	if ((name[0] != 'R' && name[0] != 'E'))
		return -1;
	for (i = 0; i < SYM_COUNT; i++)
		if (!strcmp(name, symbol_names[i]))
			return i;
	return -1;
}

/* The symbols of one table. Nothing in the file is trusted: it is the tenant's. */
static void read_symbols(const struct image *image, const Elf64_Shdr *table, const Elf64_Shdr *strings, uint64_t bias, uint64_t *found)
{
	uint64_t i, count = table->sh_size / sizeof(Elf64_Sym);
	const char *text = (const char *)image->data + strings->sh_offset;

	if (!inside(image, table->sh_offset, table->sh_size) || !inside(image, strings->sh_offset, strings->sh_size) ||
	    !strings->sh_size || text[strings->sh_size - 1])
		return;
	for (i = 0; i < count; i++) {
		Elf64_Sym symbol;
		int index;

		memcpy(&symbol, image->data + table->sh_offset + i * sizeof(symbol), sizeof(symbol));
		if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings->sh_size)
			continue;
		index = symbol_index(text + symbol.st_name);
		if (index >= 0 && !found[index])
			found[index] = symbol.st_value + bias;
	}
}

static void read_tables(const struct image *image, const Elf64_Ehdr *header, uint64_t bias, uint64_t *found)
{
	uint64_t i;

	for (i = 0; i < header->e_shnum && inside(image, header->e_shoff + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr)); i++) {
		Elf64_Shdr table, strings;
		uint64_t at;

		memcpy(&table, image->data + header->e_shoff + i * sizeof(table), sizeof(table));
		at = header->e_shoff + (uint64_t)table.sh_link * sizeof(strings);
		if ((table.sh_type != SHT_DYNSYM && table.sh_type != SHT_SYMTAB) || !inside(image, at, sizeof(strings)))
			continue;
		memcpy(&strings, image->data + at, sizeof(strings));
		read_symbols(image, &table, &strings, bias, found);
	}
}

/* Load address minus link address, from the segment that covers the mapped offset. */
static bool find_bias(const struct image *image, const Elf64_Ehdr *header, uint64_t start, uint64_t offset, uint64_t *bias)
{
	uint64_t i;

	for (i = 0; i < header->e_phnum && inside(image, header->e_phoff + i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr)); i++) {
		Elf64_Phdr segment;

		memcpy(&segment, image->data + header->e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type != PT_LOAD || offset < (segment.p_offset & ~4095ULL) || offset >= segment.p_offset + segment.p_filesz)
			continue;
		*bias = start - offset - (segment.p_vaddr - segment.p_offset);
		return true;
	}
	return false;
}

static bool contains(const struct image *image, const char *mark)
{
	return memmem(image->data, image->size, mark, strlen(mark)) != NULL;
}

/*
 * Marks of generators in user memory. Version strings are no evidence ("OpenSSL 3." is compiled into users of the library);
 * these are texts of the generators' own code. The first two are OpenSSL 3.x and 1.1.1, harmless where they were primed.
 */
static const char *find_generator(const struct image *image, bool is_go)
{
	if (contains(image, "CTR-DRBG") || contains(image, "drbg_lib.c"))
		return "a random generator of OpenSSL";
	if (contains(image, "BoringSSL"))
		return "BoringSSL";
	if (is_go && (contains(image, "GOFIPS140=v") || contains(image, "_goboringcrypto_")))
		return "the FIPS module of Go";
	return NULL;
}

/* Returns 1 for an ELF file that was read, 0 for another file, -1 where it could not be read. */
static int read_object(int fd, uint64_t start, uint64_t offset, struct object *object)
{
	Elf64_Ehdr header;
	struct image image;
	struct stat s;
	uint64_t bias;

	if (fstat(fd, &s) || !S_ISREG(s.st_mode))
		return fd < 0 ? -1 : 0;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG))
		return 0;
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return -1;
	image.size = (size_t)s.st_size;
	image.data = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image.data == MAP_FAILED)
		return -1;
	if (find_bias(&image, &header, start, offset, &bias))
		read_tables(&image, &header, bias, object->symbols);
	object->is_go = contains(&image, "\xff Go buildinf:");
	object->generator = find_generator(&image, object->is_go);
	munmap((void *)image.data, image.size);
	return 1;
}

struct mapping {
	uint64_t start, end, offset, inode;
	char permissions[8], device[16], path[4096];
};

static bool parse_mapping(char *line, struct mapping *m)
{
	m->path[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return sscanf(line, "%lx-%lx %7s %lx %15s %lu %4095[^\n]", &m->start, &m->end, m->permissions, &m->offset, m->device, &m->inode, m->path) >= 6;
}

static bool seen(const struct object *objects, int count, const char *path)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(objects[i].path, path))
			return true;
	return false;
}

int elf_scan(pid_t pid, struct object *objects, int max, int *unreadable)
{
	char line[4300], path[80], executable[256] = "";
	struct mapping m;
	int count = 0, fd, got;
	ssize_t n;
	FILE *f;

	*unreadable = 0;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, executable, sizeof(executable) - 1);
	executable[n > 0 ? n : 0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		/* Only executable mappings: what has no code there cannot draw numbers. */
		if (!parse_mapping(line, &m) || !m.inode || m.permissions[2] != 'x' || seen(objects, count, m.path))
			continue;
		if (count == max) {
			++*unreadable;
			continue;
		}
		memset(&objects[count], 0, sizeof(objects[count]));
		snprintf(objects[count].path, sizeof(objects[count].path), "%s", m.path);
		objects[count].is_executable = !strcmp(m.path, executable);
		/* Through map_files: the very file that is mapped, whatever lies at the path now. */
		snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", pid, m.start, m.end);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		got = fd < 0 ? -1 : read_object(fd, m.start, m.offset, &objects[count]);
		if (fd >= 0)
			close(fd);
		if (got > 0)
			count++;
		else if (got < 0)
			++*unreadable;
	}
	fclose(f);
	return count;
}

int object_openssl(const struct object *object)
{
	const uint64_t *s = object->symbols;

	if (s[SYM_POLL] && s[SYM_PRIMARY] && s[SYM_UNINSTANTIATE])
		return 3;
	if (s[SYM_POLL] && s[SYM_MASTER] && s[SYM_DRBG_UNINSTANTIATE])
		return 1;
	return 0;
}
