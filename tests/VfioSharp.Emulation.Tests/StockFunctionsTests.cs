using System.Text;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.Tests.Nvme;

namespace VfioSharp.Emulation.Tests;

public sealed class StockFunctionsTests
{
    [Fact]
    public void Every_function_is_made_with_its_defaults_and_says_what_it_is()
    {
        foreach (var stock in StockFunctions.All)
        {
            using var function = StockFunctions.Create(stock.Name);
            Assert.NotEmpty(function.Bars);
            Assert.Contains($"{function.Identity.VendorId:x4}:{function.Identity.DeviceId:x4}", stock.Description, StringComparison.Ordinal);
            using var explicitly = StockFunctions.Create(string.Join(',', stock.Options.Select(option => $"{option.Name}={option.Default}").Prepend(stock.Name)));
            Assert.Equal(function.Identity, explicitly.Identity);
        }

        Assert.Equal(["nvme", "nic", "ism", "scratch", "edu"], StockFunctions.All.Select(stock => stock.Name));
    }

    [Fact]
    public void Options_change_what_they_say()
    {
        using var scratch = StockFunctions.Create("scratch,shared=off");
        Assert.Null(scratch.GetSharedMemory(0));
        using var edu = StockFunctions.Create("edu,msix=off,dma_mask=0xffffffff");
        Assert.Null(edu.Msix);
        using var ism = StockFunctions.Create("ism,id=04EE,gid=abcd,stores=words");
        Assert.Equal(0x04ee, ism.Identity.DeviceId);
        ism.WriteBar(2, 0, [0, 0, 0, 3, 0, 0, 0, 8]);
        var answer = new byte[8];
        ism.ReadBar(2, 8, answer);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0xab, 0xcd], answer);
    }

    [Fact]
    public void An_nvme_keeps_its_namespaces_in_files_and_is_known_by_them()
    {
        var folder = Directory.CreateTempSubdirectory("vfiosharp-stock-").FullName;
        try
        {
            var path = Path.Combine(folder, "disk");
            var first = SerialNumberOf($"nvme,image={path},namespaces=2,size=1M,block=4096");
            Assert.Equal(1 << 20, new FileInfo(path + ".1").Length);
            Assert.Equal(1 << 20, new FileInfo(path + ".2").Length);
            Assert.False(File.Exists(path));
            Assert.Equal(first, SerialNumberOf($"nvme,image={path},namespaces=2"));
            Assert.NotEqual(first, SerialNumberOf($"nvme,image={path}.1,readonly=on"));
            Assert.NotEqual(SerialNumberOf("nvme"), SerialNumberOf("nvme"));
            Assert.Equal("X1", SerialNumberOf("nvme,serial=X1"));
            // The second namespace has no file and no size: the first is closed again.
            File.Delete(path + ".2");
            Assert.Throws<VfioException>(() => StockFunctions.Create($"nvme,image={path},namespaces=2"));
            StockFunctions.Create($"nvme,image={path}.1").Dispose();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string SerialNumberOf(string text)
    {
        using var driver = new RawDriver((NvmeFunction)StockFunctions.Create(text));
        driver.Enable();
        return Encoding.ASCII.GetString(driver.Identify(1), 4, 20).TrimEnd();
    }

    [Theory]
    [InlineData("", "'' is no function; there are nvme, nic, ism, scratch, edu.")]
    [InlineData("e1000", "'e1000' is no function; there are nvme, nic, ism, scratch, edu.")]
    [InlineData("scratch,shared", "'shared' is no option: write NAME=VALUE.")]
    [InlineData("scratch,", "'' is no option: write NAME=VALUE.")]
    [InlineData("scratch,shared=on,shared=off", "The option shared is given twice.")]
    [InlineData("scratch,size=1", "'size' is no option of scratch; it has shared=on|off.")]
    [InlineData("nvme,size=1", "The size of an image of nvme is a multiple of its block, 512 bytes; 1 is not.")]
    [InlineData("nvme,size=0", "'0' is no value of the option size of nvme: write size=BYTES[K|M|G|T].")]
    [InlineData("nvme,size=99999999T", "'99999999T' is no value of the option size of nvme: write size=BYTES[K|M|G|T].")]
    [InlineData("nvme,namespaces=0", "'0' is no value of the option namespaces of nvme: write namespaces=1..1024.")]
    [InlineData("nvme,block=1024", "'1024' is no value of the option block of nvme: write block=512|4096.")]
    [InlineData("nvme,readonly=on", "An nvme whose images are memory cannot be read-only: there would be nothing to read.")]
    [InlineData("nvme,image=x,readonly=on,size=1M", "A read-only image of nvme is as long as its file; no size can be given.")]
    [InlineData("nvme,serial=123456789012345678901", "'123456789012345678901' is no serial number of nvme: it has up to 20 characters of ASCII.")]
    [InlineData("nic,size=1", "'size' is no option of nic; it has none.")]
    [InlineData("scratch,shared=maybe", "'maybe' is no value of the option shared of scratch: write shared=on|off.")]
    [InlineData("ism,id=10000", "'10000' is no value of the option id of ism: write id=HEX.")]
    [InlineData("ism,id=-1", "'-1' is no value of the option id of ism: write id=HEX.")]
    [InlineData("ism,stores=", "'' is no value of the option stores of ism: write stores=blocks|words|reversed.")]
    public void What_is_wrong_is_told_in_one_sentence(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => StockFunctions.Create(text)).Message);
}
