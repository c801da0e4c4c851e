namespace VfioSharp.Zpci.Machine;

/// <summary>Why an instruction could not be executed (z/Architecture Principles of Operation, "Program interruption conditions").</summary>
public enum ProgramException
{
    /// <summary>It was executed.</summary>
    None,
    /// <summary>The machine, or its control registers, do not have the instruction.</summary>
    Operation,
    /// <summary>Only the kernel may use it.</summary>
    PrivilegedOperation,
    /// <summary>An operand that the instruction does not take, such as a PCI access that crosses a doubleword.</summary>
    Operand,
    /// <summary>A register or an alignment that the instruction does not take.</summary>
    Specification,
    /// <summary>The address names no storage of the kind that the instruction works on.</summary>
    Addressing,
    /// <summary>The address is not mapped, or not for this kind of access; the kernel's fault handler found no way.</summary>
    Translation,
}
