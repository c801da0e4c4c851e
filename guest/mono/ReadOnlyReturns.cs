using Mono.Cecil;
using Mono.Cecil.Cil;

namespace VfioSharp.MonoFixup;

/// <summary>
/// C# marks a reference that may not be written through (a <c>ref readonly</c> return, an <c>in</c> parameter of a virtual method or a
/// delegate) with <c>modreq(InAttribute)</c> in the signature, and a runtime finds a method only by its whole signature. Debian's Mono has
/// a class library whose compiler left the mark out: without it <c>ReadOnlySpan&lt;T&gt;</c>'s indexer, for one, is found. The mark goes
/// from every signature of the published assemblies, definitions and references alike, so that they go on to find each other.
/// </summary>
/// <param name="module">The module to change.</param>
internal sealed class ReadOnlyReturns(ModuleDefinition module)
{
    private const string Mark = "System.Runtime.InteropServices.InAttribute";

    private int _stripped;

    /// <summary>Strips the marks.</summary>
    /// <returns>How many there were.</returns>
    public int Strip()
    {
        foreach (var type in module.GetTypes())
        {
            foreach (var method in type.Methods)
                StripMethod(method);
            foreach (var property in type.Properties)
                property.PropertyType = Unmark(property.PropertyType);
        }

        return _stripped;
    }

    private void StripMethod(MethodDefinition method)
    {
        StripSignature(method);
        foreach (var overridden in method.Overrides)
            StripSignature(overridden);
        if (!method.HasBody)
            return;
        foreach (var variable in method.Body.Variables)
            variable.VariableType = Unmark(variable.VariableType);
        foreach (var instruction in method.Body.Instructions)
            StripOperand(instruction);
    }

    private void StripOperand(Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case MethodSpecification specification:
                StripSignature(specification.ElementMethod);
                break;
            case IMethodSignature signature:
                StripSignature(signature);
                break;
        }
    }

    private void StripSignature(IMethodSignature signature)
    {
        signature.ReturnType = Unmark(signature.ReturnType);
        foreach (var parameter in signature.Parameters)
            parameter.ParameterType = Unmark(parameter.ParameterType);
    }

    private TypeReference Unmark(TypeReference type)
    {
        if (type is not RequiredModifierType { ModifierType.FullName: Mark } marked)
            return type;
        _stripped++;
        return marked.ElementType;
    }
}
