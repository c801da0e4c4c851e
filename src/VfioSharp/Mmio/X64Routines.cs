namespace VfioSharp.Mmio;

/// <summary>
/// The routines of x86-64, laid out as <see cref="RoutineLayout"/> says (System V calling convention). Each access is one instruction of
/// exact width. No fence is needed: x86 keeps stores in order among themselves and behind earlier loads, and loads among themselves (Intel
/// SDM volume 3, "Memory Ordering"), so a doorbell comes after the descriptor, and data that a device wrote after the register that told of
/// it. As everywhere, a load is not ordered after earlier stores to ordinary memory.
/// </summary>
/// <remarks>
/// The handler's offsets: RIP is at 0xA8 of ucontext_t (arch/x86/include/uapi/asm/sigcontext.h, struct sigcontext_64, behind 0x28 bytes of
/// uc_flags, uc_link and uc_stack), si_code at 8 of siginfo_t. Its system calls: 13 rt_sigaction, 39 getpid, 186 gettid, 234 tgkill.
/// The tests hold these bytes against an assembler's listing of the same text.
/// </remarks>
internal static class X64Routines
{
    /// <summary>The page's content; the last 8 bytes are filled in when it is placed.</summary>
    public static ReadOnlySpan<byte> Image =>
    [
        // load8:
        0x0F, 0xB6, 0x07,                                  // movzx eax, byte ptr [rdi]
        0x31, 0xD2,                                        // xor edx, edx
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // load16:
        0x0F, 0xB7, 0x07,                                  // movzx eax, word ptr [rdi]
        0x31, 0xD2,                                        // xor edx, edx
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // load32:
        0x8B, 0x07,                                        // mov eax, dword ptr [rdi]
        0x31, 0xD2,                                        // xor edx, edx
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // load64:
        0x48, 0x8B, 0x07,                                  // mov rax, qword ptr [rdi]
        0x31, 0xD2,                                        // xor edx, edx
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // store8:
        0x40, 0x88, 0x37,                                  // mov byte ptr [rdi], sil
        0x31, 0xC0,                                        // xor eax, eax
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // store16:
        0x66, 0x89, 0x37,                                  // mov word ptr [rdi], si
        0x31, 0xC0,                                        // xor eax, eax
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // store32:
        0x89, 0x37,                                        // mov dword ptr [rdi], esi
        0x31, 0xC0,                                        // xor eax, eax
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // store64:
        0x48, 0x89, 0x37,                                  // mov qword ptr [rdi], rsi
        0x31, 0xC0,                                        // xor eax, eax
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // copy:
        0x48, 0x89, 0xD1,                                  // mov rcx, rdx
        0xF3, 0xA4,                                        // rep movsb
        0x31, 0xC0,                                        // xor eax, eax
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,    // int3
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, // int3
        // recover:
        0x48, 0x83, 0xC8, 0xFF,                            // or rax, -1
        0xBA, 0x01, 0x00, 0x00, 0x00,                      // mov edx, 1
        0xC3,                                              // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,                // int3
        // handler:
        0x48, 0x8B, 0x82, 0xA8, 0x00, 0x00, 0x00,          // mov rax, qword ptr [rdx + 0xa8]
        0x48, 0x8D, 0x0D, 0x22, 0xFF, 0xFF, 0xFF,          // lea rcx, [rip + load8]
        0x48, 0x29, 0xC8,                                  // sub rax, rcx
        0x48, 0x3D, 0xC0, 0x00, 0x00, 0x00,                // cmp rax, 0xc0
        0x73, 0x0F,                                        // jae pass_on
        0x48, 0x8D, 0x0D, 0xD0, 0xFF, 0xFF, 0xFF,          // lea rcx, [rip + recover]
        0x48, 0x89, 0x8A, 0xA8, 0x00, 0x00, 0x00,          // mov qword ptr [rdx + 0xa8], rcx
        0xC3,                                              // ret
        // pass_on:
        0x4C, 0x8B, 0x0D, 0x71, 0x00, 0x00, 0x00,          // mov r9, qword ptr [rip + data]
        0x49, 0x8D, 0x49, 0x10,                            // lea rcx, [r9 + 16]
        0x83, 0xFF, 0x07,                                  // cmp edi, 7
        0x49, 0x0F, 0x44, 0xC9,                            // cmove rcx, r9
        0x4C, 0x8B, 0x19,                                  // mov r11, qword ptr [rcx]
        0x48, 0x83, 0x79, 0x08, 0x00,                      // cmp qword ptr [rcx + 8], 0
        0x74, 0x06,                                        // je chosen
        0x45, 0x31, 0xDB,                                  // xor r11d, r11d
        0x4C, 0x87, 0x19,                                  // xchg qword ptr [rcx], r11
        // chosen:
        0x49, 0x83, 0xFB, 0x01,                            // cmp r11, 1
        0x76, 0x05,                                        // jbe no_handler
        0x31, 0xC0,                                        // xor eax, eax
        0x41, 0xFF, 0xE3,                                  // jmp r11
        // no_handler:
        0x44, 0x8B, 0x46, 0x08,                            // mov r8d, dword ptr [rsi + 8]
        0x45, 0x85, 0xC0,                                  // test r8d, r8d
        0x7F, 0x05,                                        // jg default_action
        0x45, 0x85, 0xDB,                                  // test r11d, r11d
        0x75, 0x3B,                                        // jne done
        // default_action:
        0x49, 0x8D, 0x71, 0x20,                            // lea rsi, [r9 + 32]
        0x31, 0xD2,                                        // xor edx, edx
        0x41, 0xBA, 0x08, 0x00, 0x00, 0x00,                // mov r10d, 8
        0xB8, 0x0D, 0x00, 0x00, 0x00,                      // mov eax, 13
        0x0F, 0x05,                                        // syscall
        0x45, 0x85, 0xC0,                                  // test r8d, r8d
        0x7F, 0x23,                                        // jg done
        0x41, 0x89, 0xF9,                                  // mov r9d, edi
        0xB8, 0x27, 0x00, 0x00, 0x00,                      // mov eax, 39
        0x0F, 0x05,                                        // syscall
        0x41, 0x89, 0xC0,                                  // mov r8d, eax
        0xB8, 0xBA, 0x00, 0x00, 0x00,                      // mov eax, 186
        0x0F, 0x05,                                        // syscall
        0x44, 0x89, 0xC7,                                  // mov edi, r8d
        0x89, 0xC6,                                        // mov esi, eax
        0x44, 0x89, 0xCA,                                  // mov edx, r9d
        0xB8, 0xEA, 0x00, 0x00, 0x00,                      // mov eax, 234
        0x0F, 0x05,                                        // syscall
        // done:
        0xC3,                                              // ret
        0xCC,                                              // int3
        // data:
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,    // .quad 0
    ];
}
