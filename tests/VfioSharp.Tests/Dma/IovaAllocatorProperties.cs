using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VfioSharp.Dma;

namespace VfioSharp.Tests.Dma;

/// <summary>The allocator against a model that knows one page at a time and cannot be wrong.</summary>
public sealed class IovaAllocatorProperties
{
    private const ulong Page = 4096;
    private const int Pages = 96;

    /// <summary>A step: allocate, reserve or free, with small numbers that say what.</summary>
    public sealed record Step(int Kind, int Where, int Length, int AlignmentPower, bool IsLimited);

    [Property(MaxTest = 400)]
    public Property Does_what_a_model_of_single_pages_does() =>
        Prop.ForAll(Scenarios().ToArbitrary(), scenario => Run(scenario.BasePage, scenario.Holes, scenario.Steps));

    private static Gen<(ulong BasePage, int[] Holes, Step[] Steps)> Scenarios()
    {
        var step = from kind in Gen.Choose(0, 2)
                   from place in Gen.Choose(0, Pages - 1)
                   from length in Gen.Choose(1, 9)
                   from alignment in Gen.Choose(0, 4)
                   from limited in Gen.Elements(true, false, false)
                   select new Step(kind, place, length, alignment, limited);
        // At zero, somewhere, and where the last page ends at 2^64 - 1.
        return from basePage in Gen.Elements(0ul, 0x1_2345ul, (ulong.MaxValue / Page) - Pages + 1)
               from holes in Gen.Choose(0, Pages - 1).ArrayOf()
               from steps in step.ArrayOf()
               select (basePage, holes, steps);
    }

    private static bool Run(ulong basePage, int[] holes, Step[] steps)
    {
        var model = new Model(basePage, holes);
        var allocator = new IovaAllocator(model.Ranges(), Page);
        foreach (var step in steps)
        {
            switch (step.Kind)
            {
                case 0:
                    Allocate(allocator, model, step);
                    break;
                case 1:
                    Reserve(allocator, model, step);
                    break;
                default:
                    Free(allocator, model, step.Where);
                    break;
            }
        }

        // Whatever happened: when all is free again, the ranges can be taken whole.
        while (model.Taken.Count > 0)
            Free(allocator, model, 0);
        foreach (var range in model.Ranges())
            allocator.Reserve(range.Start, range.End.Value - range.Start.Value + 1);
        return true;
    }

    private static void Allocate(IovaAllocator allocator, Model model, Step step)
    {
        var limitPage = step.IsLimited ? step.Where : Pages - 1;
        Iova? highest = step.IsLimited ? new Iova(model.AddressOf(limitPage) + Page - 1) : null;
        var expected = model.FirstFit(step.Length, 1ul << step.AlignmentPower, limitPage);
        var alignment = Page << step.AlignmentPower;
        if (expected < 0)
        {
            Assert.Throws<VfioException>(() => allocator.Allocate((ulong)step.Length * Page, alignment, highest));
            return;
        }

        var iova = allocator.Allocate((ulong)step.Length * Page, alignment, highest);
        Assert.Equal(model.AddressOf(expected), iova.Value);
        Assert.NotEqual(0ul, iova.Value);
        model.Take(expected, step.Length);
    }

    private static void Reserve(IovaAllocator allocator, Model model, Step step)
    {
        if (step.Where + step.Length > Pages)
            return;
        var start = new Iova(model.AddressOf(step.Where));
        if (model.IsFree(step.Where, step.Length))
        {
            allocator.Reserve(start, (ulong)step.Length * Page);
            model.Take(step.Where, step.Length);
        }
        else
        {
            Assert.Throws<VfioException>(() => allocator.Reserve(start, (ulong)step.Length * Page));
        }
    }

    private static void Free(IovaAllocator allocator, Model model, int which)
    {
        if (model.Taken.Count == 0)
            return;
        var (first, length) = model.Taken[which % model.Taken.Count];
        Assert.Equal((ulong)length * Page, allocator.Free(new Iova(model.AddressOf(first))));
        model.Release(first, length);
    }

    private sealed class Model
    {
        private readonly ulong _basePage;
        private readonly bool[] _isUsable = new bool[Pages];
        private readonly bool[] _isTaken = new bool[Pages];

        public Model(ulong basePage, int[] holes)
        {
            _basePage = basePage;
            Array.Fill(_isUsable, true);
            foreach (var hole in holes)
                _isUsable[hole] = false;
        }

        public List<(int First, int Length)> Taken { get; } = [];

        public ulong AddressOf(int page) => (_basePage + (ulong)page) * Page;

        public List<IovaRange> Ranges()
        {
            var ranges = new List<IovaRange>();
            for (var page = 0; page < Pages; page++)
            {
                if (!_isUsable[page])
                    continue;
                var first = page;
                while (page + 1 < Pages && _isUsable[page + 1])
                    page++;
                ranges.Add(new IovaRange(new Iova(AddressOf(first)), new Iova(AddressOf(page) + Page - 1)));
            }

            return ranges;
        }

        public bool IsFree(int first, int length)
        {
            for (var page = first; page < first + length; page++)
            {
                if (page >= Pages || !_isUsable[page] || _isTaken[page])
                    return false;
            }

            return true;
        }

        public int FirstFit(int length, ulong alignmentInPages, int limitPage)
        {
            for (var page = 0; page + length - 1 <= limitPage; page++)
            {
                if (AddressOf(page) != 0 && (_basePage + (ulong)page) % alignmentInPages == 0 && IsFree(page, length))
                    return page;
            }

            return -1;
        }

        public void Take(int first, int length)
        {
            Array.Fill(_isTaken, true, first, length);
            Taken.Add((first, length));
        }

        public void Release(int first, int length)
        {
            Array.Fill(_isTaken, false, first, length);
            Taken.Remove((first, length));
        }
    }
}
