namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>How far a measurement is. For all threads that take part in it.</summary>
internal sealed class LoadPhase
{
    private volatile bool _isMeasuring;
    private volatile bool _isOver;

    /// <summary>Whether a command that is completed now counts.</summary>
    public bool IsMeasuring => _isMeasuring;

    /// <summary>Whether no more commands are begun.</summary>
    public bool IsOver => _isOver;

    /// <summary>From now on commands count.</summary>
    public void BeginMeasuring() => _isMeasuring = true;

    /// <summary>From now on commands do not count any more, and no others are begun.</summary>
    public void End()
    {
        _isMeasuring = false;
        _isOver = true;
    }
}
