using System.Globalization;
using VfioSharp.Mmio;

namespace VfioSharp.Tests.Mmio;

/// <summary>The bytes in the library against what an assembler makes of the same text (Assembly/routines-*.s).</summary>
public sealed class RoutineEncodingTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Mmio", "Assembly");

    [Fact]
    public void The_x64_bytes_are_the_assemblers() => Assert.Equal(ReadListing("routines-x64.lst"), X64Routines.Image.ToArray());

    [Fact]
    public void The_arm64_bytes_are_the_assemblers() => Assert.Equal(ReadListing("routines-arm64.lst"), Arm64Routines.Image.ToArray());

    [Fact]
    public void The_s390x_bytes_are_the_assemblers() => Assert.Equal(ReadListing("routines-s390x.lst"), S390Routines.Image.ToArray());

    [Theory]
    [InlineData("x64", 1, "movzx eax, byte ptr [rdi]", "mov byte ptr [rdi], sil")]
    [InlineData("x64", 2, "movzx eax, word ptr [rdi]", "mov word ptr [rdi], si")]
    [InlineData("x64", 4, "mov eax, dword ptr [rdi]", "mov dword ptr [rdi], esi")]
    [InlineData("x64", 8, "mov rax, qword ptr [rdi]", "mov qword ptr [rdi], rsi")]
    [InlineData("arm64", 1, "ldrb w0, [x0]", "strb w1, [x0]")]
    [InlineData("arm64", 2, "ldrh w0, [x0]", "strh w1, [x0]")]
    [InlineData("arm64", 4, "ldr w0, [x0]", "str w1, [x0]")]
    [InlineData("arm64", 8, "ldr x0, [x0]", "str x1, [x0]")]
    public void A_slot_touches_memory_once_and_by_one_instruction_of_its_width(string architecture, int width, string load, string store)
    {
        Assert.Equal([load], MemoryInstructions(architecture, RoutineLayout.Load(width)));
        Assert.Equal([store], MemoryInstructions(architecture, RoutineLayout.Store(width)));
    }

    [Theory]
    [InlineData(RoutineLayout.MioLoad, "b9d60012", ".insn rre,0xb9d60000,%r1,%r2")]
    [InlineData(RoutineLayout.MioStore, "b9d40042", ".insn rre,0xb9d40000,%r4,%r2")]
    [InlineData(RoutineLayout.MioStoreBlock, "eb32400000d4", ".insn rsy,0xeb00000000d4,%r3,%r2,0(%r4)")]
    [InlineData(RoutineLayout.MioWriteBarrier, "b9d50000", ".insn rre,0xb9d50000,%r0,%r0")]
    public void A_slot_of_IBM_Z_begins_with_its_instruction_and_has_no_other(int slot, string bytes, string text)
    {
        Assert.Equal(Convert.FromHexString(bytes), S390Routines.Image.Slice(slot, bytes.Length / 2).ToArray());
        Assert.Equal([text], Lines("s390x").Where(line => line.Offset >= slot && line.Offset < slot + 32 && line.Text.StartsWith(".insn", StringComparison.Ordinal)).Select(line => line.Text));
    }

    [Fact]
    public void The_places_that_every_architecture_shares_are_where_the_s390x_text_has_them()
    {
        var lines = Lines("s390x").ToDictionary(line => line.Offset, line => line.Text);
        Assert.Equal("br %r14", lines[RoutineLayout.MioGuardedLength]);
        Assert.Contains(lines.Values, text => text == $"clgfi %r1,{RoutineLayout.MioGuardedLength}");
        Assert.Contains(lines.Values, text => text == $"aghi %r1,{RoutineLayout.SegmentationPredecessor}");
        Assert.Contains(lines.Values, text => text == $"aghi %r1,{RoutineLayout.IllegalPredecessor}");
    }

    [Theory]
    [InlineData("x64", RoutineLayout.Handler, "mov rax, qword ptr [rdx + 0xa8]")]
    [InlineData("arm64", RoutineLayout.Handler, "ldr x9, [x2, #440]")]
    [InlineData("s390x", RoutineLayout.MioHandler, "lg %r1,48(%r4)")]
    public void The_handler_is_where_the_layout_says(string architecture, int place, string first) =>
        Assert.Equal(first, Lines(architecture).Single(line => line.Offset == place).Text);

    [Theory]
    [InlineData("x64", "mov rcx, rdx", "cmp rax, 0xc0", "or rax, -1")]
    [InlineData("arm64", "subs x2, x2, #16", "cmp x9, #0xc0", "mov x0, #-1")]
    public void The_copy_is_where_the_layout_says_and_guarded_as_the_others_are(string architecture, string first, string comparison, string recovery)
    {
        var lines = Lines(architecture).ToDictionary(line => line.Offset, line => line.Text);
        Assert.Equal((first, recovery), (lines[RoutineLayout.Copy], lines[RoutineLayout.GuardedLength]));
        Assert.Equal(0xc0, RoutineLayout.GuardedLength);
        Assert.Contains(comparison, lines.Values);
    }

    [Fact]
    public void The_listings_are_what_the_installed_assemblers_make()
    {
        var (exitCode, output) = ExternalProgram.Run("sh", [Path.Combine(Folder, "assemble"), "--check"]);
        Assert.SkipWhen(exitCode == 2, output);
        Assert.True(exitCode == 0, output);
    }

    [Theory]
    [InlineData("x64")]
    [InlineData("arm64")]
    public void The_routines_and_the_handler_hold_in_a_program_of_their_own(string architecture)
    {
        var (exitCode, output) = ExternalProgram.Run("sh", [Path.Combine(Folder, "exercise"), architecture]);
        Assert.SkipWhen(exitCode == 2, output);
        Assert.True(exitCode == 0, output);
    }

    private static string[] MemoryInstructions(string architecture, int slot) =>
        [.. Lines(architecture).Where(line => line.Offset >= slot && line.Offset < slot + 16 && line.Text.Contains('[')).Select(line => line.Text)];

    private static byte[] ReadListing(string name) =>
        [.. File.ReadLines(Path.Combine(Folder, name)).SelectMany(line => Convert.FromHexString(line.Split(' ')[1]))];

    // A line: offset, bytes, two blanks, text.
    private static IEnumerable<(int Offset, string Text)> Lines(string architecture) =>
        File.ReadLines(Path.Combine(Folder, $"routines-{architecture}.lst")).Select(line =>
            (int.Parse(line[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), line[(line.IndexOf("  ", StringComparison.Ordinal) + 2)..]));
}
