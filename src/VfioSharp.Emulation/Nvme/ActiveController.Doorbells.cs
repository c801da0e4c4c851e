using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VfioSharp.Emulation.Nvme.Queues;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// How far the driver has come: by doorbells that call the controller, by those that it finds in the shared page, or in the driver's memory.
internal sealed partial class ActiveController
{
    private const int DoorbellInBytes = sizeof(uint);
    private const int DoorbellPageInBytes = FunctionBar.PageSizeInBytes;

    private readonly SharedBarMemory? _page;

    /// <summary>Takes the write of a trapped doorbell (NVMe over PCIe 1.0, 3.1.2).</summary>
    /// <param name="number">Which one: of queue n the tail is 2n, and the head 2n + 1.</param>
    /// <param name="value">What was written.</param>
    public void Ring(int number, uint value)
    {
        var id = number >> 1;
        var submission = (number & 1) == 0 ? FindSubmission(id) : null;
        var completion = (number & 1) != 0 ? FindCompletion(id) : null;
        if (submission is null && completion is null)
            ReportDoorbell(AsyncErrorEvent.InvalidDoorbellRegister, id);
        else if (!_usesShadows || id == 0)
            Take(submission?.Ring(value) ?? completion!.Ring(value), id);
        // Otherwise the value is that of the shadow, or one that the driver has left behind meanwhile.
    }

    private void LookAtTails(FunctionHost host)
    {
        if (_usesShadows)
            LookAtShadows(host);
        if (_page is null)
            return;
        var doorbells = Doorbells(_page);
        foreach (var queue in _submissions)
            Take(queue.Ring(Read(ref doorbells[2 * queue.Id])), queue.Id);
    }

    private void LookAtHeads()
    {
        if (_page is null)
            return;
        foreach (var queue in _completions)
            LookAtHead(queue);
    }

    private void LookAtHead(CompletionQueue queue)
    {
        if (_page is not null)
            Take(queue.Ring(Read(ref Doorbells(_page)[2 * queue.Id + 1])), queue.Id);
    }

    private bool Take(Ringing ringing, int queue)
    {
        if (ringing == Ringing.Nonsense)
            ReportDoorbell(AsyncErrorEvent.InvalidDoorbellValue, queue);
        return ringing == Ringing.News;
    }

    // What an earlier queue of the same number left there is not this one's.
    private void ClearDoorbell(int number, FunctionHost? host)
    {
        if (_page is not null)
            Volatile.Write(ref Doorbells(_page)[number], 0);
        if (host is not null)
            ClearShadow(number, host);
    }

    private static Span<uint> Doorbells(SharedBarMemory page) =>
        MemoryMarshal.Cast<byte, uint>(page.GetSpan(NvmeRegister.FirstDoorbell, DoorbellPageInBytes));

    // Acquire: a command is read behind the doorbell that told of it.
    private static uint Read(ref uint doorbell)
    {
        var value = Volatile.Read(ref doorbell);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }
}
