using System.Buffers;

namespace VfioSharp.Dma;

/// <summary>Gives a part of a <see cref="DmaBuffer"/> as <see cref="Memory{T}"/>. It owns nothing: the buffer does.</summary>
internal sealed unsafe class DmaBufferMemory(DmaBuffer buffer, long offset, int lengthInBytes) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => buffer.GetSpan(offset, lengthInBytes);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        if ((uint)elementIndex > (uint)lengthInBytes)
            throw new ArgumentOutOfRangeException(nameof(elementIndex), elementIndex, $"There are {lengthInBytes} bytes.");
        // The pages do not move; they must only outlast the pin.
        var isHeld = false;
        buffer.Pages.DangerousAddRef(ref isHeld);
        return new MemoryHandle((byte*)buffer.Pages.DangerousGetHandle() + offset + elementIndex, pinnable: this);
    }

    public override void Unpin() => buffer.Pages.DangerousRelease();

    protected override void Dispose(bool disposing)
    {
        // The buffer owns the pages.
    }
}
