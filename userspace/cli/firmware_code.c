// SPDX-License-Identifier: MIT
/* The code of a board's firmware: from an ELF file to the bytes in its memory. */
#include <elf.h>
#include <string.h>

#include "../../firmware/shell.h"
#include "firmware.h"

static uint32_t round_up(uint32_t size)
{
	return (size + 3) & ~3u;
}

static const char *check_header(const Elf32_Ehdr *header, size_t size)
{
	uint64_t table = (uint64_t)header->e_phnum * sizeof(Elf32_Phdr);

	if (header->e_ident[EI_CLASS] != ELFCLASS32 ||
	    header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_type != ET_EXEC)
		return "not a 32-bit little-endian program";
	/* Any flag stands for what the processor lacks: compressed code, floats. */
	if (header->e_machine != EM_RISCV || header->e_flags)
		return "not for the board's processor (rv32im)";
	if (header->e_phentsize != sizeof(Elf32_Phdr) || header->e_phoff > size ||
	    table > size - header->e_phoff)
		return "its table of segments is not in the file";
	return NULL;
}

static const char *take_segment(struct firmware_code *code, const Elf32_Phdr *segment,
				const uint8_t *data, size_t size)
{
	uint32_t at = segment->p_paddr - LIMEN_FW_CODE_ADDRESS;

	if (segment->p_filesz > segment->p_memsz || segment->p_offset > size ||
	    segment->p_filesz > size - segment->p_offset)
		return "a segment is not in the file";
	if (segment->p_vaddr != segment->p_paddr)
		return "a segment is not loaded where it runs";
	if (segment->p_paddr < LIMEN_FW_CODE_ADDRESS || at > SHELL_SRAM_SIZE ||
	    segment->p_memsz > SHELL_SRAM_SIZE - at)
		return "a segment is not in the board's memory";
	if (at < code->memory_size)
		return "segments overlap, or do not ascend";
	code->memory_size = at + segment->p_memsz;
	if (!segment->p_filesz)
		return NULL;
	if (at > LIMEN_FW_CODE_SIZE_MAX || segment->p_filesz > LIMEN_FW_CODE_SIZE_MAX - at)
		return "more code than a board takes";
	memcpy(code->bytes + at, data + segment->p_offset, segment->p_filesz);
	code->size = round_up(at + segment->p_filesz);
	return NULL;
}

static const char *read_elf(struct firmware_code *code, const uint8_t *data, size_t size)
{
	const char *wrong;
	Elf32_Ehdr header;
	unsigned int i;

	if (size < sizeof(header))
		return "truncated";
	memcpy(&header, data, sizeof(header));
	wrong = check_header(&header, size);
	for (i = 0; i < header.e_phnum && !wrong; i++) {
		Elf32_Phdr segment;

		memcpy(&segment, data + header.e_phoff + i * sizeof(segment),
		       sizeof(segment));
		if (segment.p_type == PT_LOAD && segment.p_memsz)
			wrong = take_segment(code, &segment, data, size);
	}
	code->entry = header.e_entry;
	return wrong;
}

static const char *read_plain(struct firmware_code *code, const uint8_t *data, size_t size)
{
	if (size > LIMEN_FW_CODE_SIZE_MAX)
		return "more code than a board takes";
	memcpy(code->bytes, data, size);
	code->size = round_up(size);
	code->entry = LIMEN_FW_CODE_ADDRESS;
	return NULL;
}

const char *firmware_code_read(struct firmware_code *code, const uint8_t *data, size_t size)
{
	bool elf = size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
	const char *wrong;

	memset(code, 0, sizeof(*code));
	wrong = elf ? read_elf(code, data, size) : read_plain(code, data, size);
	if (wrong)
		return wrong;
	if (!code->size)
		return "no code in it";
	if (code->entry < LIMEN_FW_CODE_ADDRESS || code->entry % 4 ||
	    code->entry - LIMEN_FW_CODE_ADDRESS > code->size - 4)
		return "it does not begin within its code";
	if (code->memory_size < code->size)
		code->memory_size = code->size;
	return NULL;
}
