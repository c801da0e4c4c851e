# The source of src/VfioSharp/Mmio/X64Routines.cs. `./assemble` turns it into routines-x64.lst, which the tests compare with the C# bytes.
# System V calling convention: arguments in RDI, RSI, RDX; results in RAX and RDX.
    .intel_syntax noprefix
    .text

# A slot of 16 bytes per routine. load(address) -> RAX value, RDX fault; store(address, value) -> RAX fault.
load8:
    movzx eax, byte ptr [rdi]
    xor edx, edx
    ret
    .balign 16, 0xcc
load16:
    movzx eax, word ptr [rdi]
    xor edx, edx
    ret
    .balign 16, 0xcc
load32:
    mov eax, dword ptr [rdi]
    xor edx, edx
    ret
    .balign 16, 0xcc
load64:
    mov rax, qword ptr [rdi]
    xor edx, edx
    ret
    .balign 16, 0xcc
store8:
    mov byte ptr [rdi], sil
    xor eax, eax
    ret
    .balign 16, 0xcc
store16:
    mov word ptr [rdi], si
    xor eax, eax
    ret
    .balign 16, 0xcc
store32:
    mov dword ptr [rdi], esi
    xor eax, eax
    ret
    .balign 16, 0xcc
store64:
    mov qword ptr [rdi], rsi
    xor eax, eax
    ret
    .balign 16, 0xcc

# Four slots: copy(to, from, length) -> RAX fault; the bytes before the one that faulted may have been copied.
copy:
    mov rcx, rdx
    rep movsb
    xor eax, eax
    ret
    .balign 16, 0xcc
    .skip 16, 0xcc
    .skip 16, 0xcc
    .skip 16, 0xcc

# Where an access goes on that faulted: all ones and a fault that is not 0, in either kind of result.
recover:
    or rax, -1
    mov edx, 1
    ret
    .balign 16, 0xcc

# handler(EDI signal, RSI siginfo, RDX ucontext)
handler:
    mov rax, qword ptr [rdx + 0xa8]
    lea rcx, [rip + load8]
    sub rax, rcx
    cmp rax, 0xc0
    jae pass_on
    lea rcx, [rip + recover]
    mov qword ptr [rdx + 0xa8], rcx
    ret
pass_on:
    mov r9, qword ptr [rip + data]
    lea rcx, [r9 + 16]
    cmp edi, 7
    cmove rcx, r9
    mov r11, qword ptr [rcx]
    cmp qword ptr [rcx + 8], 0
    je chosen
    xor r11d, r11d
    xchg qword ptr [rcx], r11
chosen:
    cmp r11, 1
    jbe no_handler
    xor eax, eax
    jmp r11
no_handler:
    mov r8d, dword ptr [rsi + 8]
    test r8d, r8d
    jg default_action
    test r11d, r11d
    jne done
default_action:
    lea rsi, [r9 + 32]
    xor edx, edx
    mov r10d, 8
    mov eax, 13
    syscall
    test r8d, r8d
    jg done
    mov r9d, edi
    mov eax, 39
    syscall
    mov r8d, eax
    mov eax, 186
    syscall
    mov edi, r8d
    mov esi, eax
    mov edx, r9d
    mov eax, 234
    syscall
done:
    ret
    .balign 16, 0xcc
data:
    .quad 0
