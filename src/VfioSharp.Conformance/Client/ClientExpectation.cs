namespace VfioSharp.Conformance.Client;

/// <summary>What a client has to do with a server. None may crash it, or keep it waiting for ever.</summary>
internal enum ClientExpectation
{
    /// <summary>Use the device.</summary>
    Attaches,
    /// <summary>Give up: end the connection, and itself with an error where it has nothing else to do.</summary>
    Refuses,
    /// <summary>Whichever it likes.</summary>
    Survives,
}

/// <summary>What a client did with a server.</summary>
internal enum ClientVerdict
{
    /// <summary>It used the device: it asked what it is and accessed a region, and had all answers.</summary>
    Attached,
    /// <summary>It gave up.</summary>
    Refused,
    /// <summary>A signal ended it.</summary>
    Crashed,
    /// <summary>It neither used the device nor gave up in time.</summary>
    Hung,
    /// <summary>It never connected.</summary>
    Absent,
}
