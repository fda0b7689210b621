# shellcheck shell=bash
# Proves that a binary has no instruction that an ARM11 (ARMv6 with VFPv2: Pi 1, Pi Zero) does not know.

# Functions of musl that have an ARMv7 barrier, `dmb ish`. musl calls them, through a pointer, only where the
# kernel says that the processor is an ARMv7 or newer: there, ARMv6's own barrier is deprecated, and slow
# where the kernel emulates it.
MUSL_V7='<(__a_barrier_v7|__a_cas_v7)>:'

# Functions of LLVM's libunwind for the registers d16 to d31. It calls them only for a function that has saved one
# of these, and code for ARMv6 has none that does.
UNWIND_VFP3='<_ZN9libunwind13Registers_arm[0-9]+(save|restore)VFPv3EPv>:'

# is_armv6 <binary with symbols>: disassembles it for that processor, to which every newer instruction is
# unknown. The attributes of the file are removed first, since they would let in what they claim. Symbols
# tell code from the constants between functions.
is_armv6() {
  local bare=$SCRATCH/bare unknown
  readelf --arch-specific "$1" >"$SCRATCH/attributes"
  grep -qE 'Tag_CPU_arch: v6(K|KZ)?$' "$SCRATCH/attributes" ||
    { say "the file is marked for another processor: $(grep Tag_CPU_arch: "$SCRATCH/attributes")" && return 1; }
  "$(llvm objcopy)" --remove-section=.ARM.attributes "$1" "$bare"
  "$(llvm objdump)" --disassemble --triple=armv6kz-linux-gnueabihf --mcpu=arm1176jzf-s "$bare" >"$SCRATCH/disassembly"
  rm "$bare"
  [ "$(wc -l <"$SCRATCH/disassembly")" -gt 1000000 ] || { say "the binary has no symbols" && return 1; }
  unknown=$(awk -v musl="$MUSL_V7" -v unwind="$UNWIND_VFP3" '
    /^[0-9a-f]+ <.*>:$/ { name = $2 }
    /<unknown>/ && !(name ~ musl && $2 == "f57ff05b") && !(name ~ unwind && $2 ~ /^ec[cd]00b20$/) { print name, $0 }' "$SCRATCH/disassembly")
  [ -z "$unknown" ] || { printf '%s\n' "$unknown" | head -n 20 >&2 && return 1; }
}
