using System.Reflection;
using System.Runtime.Loader;
using VfioSharp.Mmio;
using VfioSharp.Tests.Regions;

namespace VfioSharp.Tests.Mmio;

/// <summary>The library loaded more than once, as plug-ins do: each copy has its own statics, and the process has one guard.</summary>
public sealed unsafe class LoadContextTests
{
    [Fact]
    public void Load_contexts_share_one_page_one_handler_and_one_count()
    {
        var here = ProbeHere();
        var first = ProbeIn(new OwnCopies());
        var second = ProbeIn(new OwnCopies());

        Assert.NotSame(first.Library, second.Library);
        Assert.NotSame(typeof(MmioSupport).Assembly, first.Library);
        Assert.NotEqual(0, here.CodePage);
        Assert.Equal(here.CodePage, first.CodePage);
        Assert.Equal(here.CodePage, second.CodePage);
        Assert.Equal(10, first.FaultCount);
        Assert.Equal(10, second.FaultCount);
        Assert.True(second.RecoveredFaults >= here.RecoveredFaults + 20);
        Assert.Equal(10, ProbeHere().FaultCount);
    }

    [Fact]
    public void Load_contexts_that_begin_at_the_same_time_agree()
    {
        var pages = new nint[4];
        Parallel.For(0, pages.Length, i => pages[i] = ProbeIn(new OwnCopies()).CodePage);
        Assert.Equal([(nint)MmioSupport.CodePage], pages.Distinct());
    }

    /// <summary>Runs in whichever load context this assembly was loaded into.</summary>
    internal static object[] Probe()
    {
        using var memory = new SharedMemory();
        using var window = memory.Open();
        memory.Resize(0);
        for (var i = 0; i < 10; i++)
            Assert.Equal(uint.MaxValue, window.Read32(4));
        return [typeof(MmioSupport).Assembly, (nint)MmioSupport.CodePage, window.FaultCount, MmioSupport.RecoveredFaults];
    }

    private static ProbeResult ProbeHere() => ProbeResult.From(Probe());

    private static ProbeResult ProbeIn(AssemblyLoadContext context)
    {
        var probe = context.LoadFromAssemblyPath(typeof(LoadContextTests).Assembly.Location)
            .GetType(typeof(LoadContextTests).FullName!)!
            .GetMethod(nameof(Probe), BindingFlags.Static | BindingFlags.NonPublic)!;
        return ProbeResult.From((object[])probe.Invoke(null, null)!);
    }

    private sealed record ProbeResult(Assembly Library, nint CodePage, long FaultCount, long RecoveredFaults)
    {
        public static ProbeResult From(object[] values) => new((Assembly)values[0], (nint)values[1], (long)values[2], (long)values[3]);
    }

    // Own copies of the library and of the tests; everything else is shared.
    private sealed class OwnCopies() : AssemblyLoadContext("own copies")
    {
        protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name == typeof(MmioSupport).Assembly.GetName().Name
            ? LoadFromAssemblyPath(typeof(MmioSupport).Assembly.Location)
            : null;
    }
}
