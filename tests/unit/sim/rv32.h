/* SPDX-License-Identifier: MIT */
/* Encodes instructions of rv32im_zicsr_zifencei. */
#ifndef TEST_RV32_H
#define TEST_RV32_H

#include <stdint.h>

/* A field of an instruction: the lower bits of a value, placed where they belong. */
#define RV_FIELD(value, width, at) \
	(((uint32_t)(value) & ((1u << (width)) - 1)) << (at))
/* The same, of a value's bits from one on. */
#define RV_BITS(value, from, width, at) \
	RV_FIELD((uint32_t)(value) >> (from), width, at)

#define RV_NAMES(opcode, funct3, rd, rs1, rs2) \
	((opcode) | RV_FIELD(rd, 5, 7) | RV_FIELD(funct3, 3, 12) | RV_FIELD(rs1, 5, 15) | \
	 RV_FIELD(rs2, 5, 20))
#define RV_R(opcode, funct3, funct7, rd, rs1, rs2) \
	(RV_NAMES(opcode, funct3, rd, rs1, rs2) | RV_FIELD(funct7, 7, 25))
#define RV_I(opcode, funct3, rd, rs1, value) \
	(RV_NAMES(opcode, funct3, rd, rs1, 0) | RV_FIELD(value, 12, 20))
#define RV_S(funct3, rs1, rs2, value) \
	(RV_NAMES(0x23, funct3, value, rs1, rs2) | RV_BITS(value, 5, 7, 25))
#define RV_B(funct3, rs1, rs2, value) \
	(RV_NAMES(0x63, funct3, 0, rs1, rs2) | RV_BITS(value, 11, 1, 7) | \
	 RV_BITS(value, 1, 4, 8) | RV_BITS(value, 5, 6, 25) | RV_BITS(value, 12, 1, 31))
#define RV_U(opcode, rd, value) \
	((opcode) | RV_FIELD(rd, 5, 7) | RV_BITS(value, 12, 20, 12))
#define RV_J(rd, value) \
	(0x6f | RV_FIELD(rd, 5, 7) | RV_BITS(value, 12, 8, 12) | RV_BITS(value, 11, 1, 20) | \
	 RV_BITS(value, 1, 10, 21) | RV_BITS(value, 20, 1, 31))

#define LUI(rd, value)		RV_U(0x37, rd, value)
#define AUIPC(rd, value)	RV_U(0x17, rd, value)
#define JAL(rd, offset)		RV_J(rd, offset)
#define JALR(rd, rs1, offset)	RV_I(0x67, 0, rd, rs1, offset)

#define BEQ(rs1, rs2, offset)	RV_B(0, rs1, rs2, offset)
#define BNE(rs1, rs2, offset)	RV_B(1, rs1, rs2, offset)

#define LB(rd, rs1, offset)	RV_I(0x03, 0, rd, rs1, offset)
#define LH(rd, rs1, offset)	RV_I(0x03, 1, rd, rs1, offset)
#define LW(rd, rs1, offset)	RV_I(0x03, 2, rd, rs1, offset)
#define LBU(rd, rs1, offset)	RV_I(0x03, 4, rd, rs1, offset)
#define LHU(rd, rs1, offset)	RV_I(0x03, 5, rd, rs1, offset)
#define SB(rs2, rs1, offset)	RV_S(0, rs1, rs2, offset)
#define SH(rs2, rs1, offset)	RV_S(1, rs1, rs2, offset)
#define SW(rs2, rs1, offset)	RV_S(2, rs1, rs2, offset)

#define ADDI(rd, rs1, value)	RV_I(0x13, 0, rd, rs1, value)
#define SLTI(rd, rs1, value)	RV_I(0x13, 2, rd, rs1, value)
#define SLTIU(rd, rs1, value)	RV_I(0x13, 3, rd, rs1, value)
#define XORI(rd, rs1, value)	RV_I(0x13, 4, rd, rs1, value)
#define ORI(rd, rs1, value)	RV_I(0x13, 6, rd, rs1, value)
#define ANDI(rd, rs1, value)	RV_I(0x13, 7, rd, rs1, value)
#define SLLI(rd, rs1, count)	RV_R(0x13, 1, 0x00, rd, rs1, count)
#define SRLI(rd, rs1, count)	RV_R(0x13, 5, 0x00, rd, rs1, count)
#define SRAI(rd, rs1, count)	RV_R(0x13, 5, 0x20, rd, rs1, count)

#define ADD(rd, rs1, rs2)	RV_R(0x33, 0, 0x00, rd, rs1, rs2)
#define SUB(rd, rs1, rs2)	RV_R(0x33, 0, 0x20, rd, rs1, rs2)
#define SLL(rd, rs1, rs2)	RV_R(0x33, 1, 0x00, rd, rs1, rs2)
#define SLT(rd, rs1, rs2)	RV_R(0x33, 2, 0x00, rd, rs1, rs2)
#define SLTU(rd, rs1, rs2)	RV_R(0x33, 3, 0x00, rd, rs1, rs2)
#define XOR(rd, rs1, rs2)	RV_R(0x33, 4, 0x00, rd, rs1, rs2)
#define SRL(rd, rs1, rs2)	RV_R(0x33, 5, 0x00, rd, rs1, rs2)
#define SRA(rd, rs1, rs2)	RV_R(0x33, 5, 0x20, rd, rs1, rs2)
#define OR(rd, rs1, rs2)	RV_R(0x33, 6, 0x00, rd, rs1, rs2)
#define AND(rd, rs1, rs2)	RV_R(0x33, 7, 0x00, rd, rs1, rs2)

#define MUL(rd, rs1, rs2)	RV_R(0x33, 0, 0x01, rd, rs1, rs2)
#define MULH(rd, rs1, rs2)	RV_R(0x33, 1, 0x01, rd, rs1, rs2)
#define MULHSU(rd, rs1, rs2)	RV_R(0x33, 2, 0x01, rd, rs1, rs2)
#define MULHU(rd, rs1, rs2)	RV_R(0x33, 3, 0x01, rd, rs1, rs2)
#define DIV(rd, rs1, rs2)	RV_R(0x33, 4, 0x01, rd, rs1, rs2)
#define DIVU(rd, rs1, rs2)	RV_R(0x33, 5, 0x01, rd, rs1, rs2)
#define REM(rd, rs1, rs2)	RV_R(0x33, 6, 0x01, rd, rs1, rs2)
#define REMU(rd, rs1, rs2)	RV_R(0x33, 7, 0x01, rd, rs1, rs2)

#define CSRRW(rd, csr, rs1)	RV_I(0x73, 1, rd, rs1, csr)
#define CSRRS(rd, csr, rs1)	RV_I(0x73, 2, rd, rs1, csr)
#define CSRRC(rd, csr, rs1)	RV_I(0x73, 3, rd, rs1, csr)
#define CSRRWI(rd, csr, value)	RV_I(0x73, 5, rd, value, csr)
#define CSRRSI(rd, csr, value)	RV_I(0x73, 6, rd, value, csr)
#define CSRRCI(rd, csr, value)	RV_I(0x73, 7, rd, value, csr)

#define NOP	ADDI(0, 0, 0)
#define FENCE	0x0ff0000fu
#define FENCE_I	0x0000100fu
#define ECALL	0x00000073u
#define EBREAK	0x00100073u
#define MRET	0x30200073u
#define WFI	0x10500073u

/* Numbers of registers for control and status. */
#define MSTATUS		0x300
#define MISA		0x301
#define MIE		0x304
#define MTVEC		0x305
#define MSTATUSH	0x310
#define MSCRATCH	0x340
#define MEPC		0x341
#define MCAUSE		0x342
#define MTVAL		0x343
#define MIP		0x344
#define MCYCLE		0xb00
#define MINSTRET	0xb02
#define MCYCLEH		0xb80
#define MINSTRETH	0xb82
#define MVENDORID	0xf11
#define MHARTID		0xf14
#define MCONFIGPTR	0xf15

#endif /* TEST_RV32_H */
