namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>What the controller under test does instead of completing a command as it should.</summary>
public enum CompletionFault
{
    /// <summary>Nothing: it is completed as it should.</summary>
    None,

    /// <summary>The command is carried out and never completed.</summary>
    Drop,

    /// <summary>The command is completed twice.</summary>
    Duplicate,

    /// <summary>Neither carried out nor completed until it is released: data and completion come late.</summary>
    Hold,

    /// <summary>The completion has an identifier that no command can have.</summary>
    UnknownCommandId,

    /// <summary>The completion names a submission queue that does not exist.</summary>
    UnknownQueueId,

    /// <summary>The completion says that the submission queue was read up to an entry that it does not have.</summary>
    HeadOutOfRange,

    /// <summary>The completion has the phase of the round before: it looks like what was there already.</summary>
    OldPhase,

    /// <summary>All ones in the place of the completion.</summary>
    Garbage,

    /// <summary>The command is not carried out; the controller has a fatal error (CSTS.CFS) and does nothing until it is reset.</summary>
    Fatal,

    /// <summary>The command is not carried out, and from now on every register reads as all ones, as that of a card that was pulled.</summary>
    Vanish,

    /// <summary>The command fails with Internal Error, and may be tried again.</summary>
    InternalError,
}

/// <summary>How the controller under test answers Abort (NVMe Base 2.0, 5.1).</summary>
public enum AbortManner
{
    /// <summary>The command is completed with Command Abort Requested.</summary>
    Aborts,

    /// <summary>The answer is that it was not aborted.</summary>
    Refuses,

    /// <summary>There is no answer.</summary>
    IsSilent,
}
